// Beats by message over the agent's socket, with nothing but node:http.
import { request } from 'node:http';

const { STANDFAST_SOCKET: socketPath, STANDFAST_INSTANCE: instance = '' } = process.env;
setInterval(() => {
  const beat = request({
    socketPath,
    method: 'POST',
    path: '/v1/heartbeat',
    headers: { 'Standfast-Instance': instance },
  });
  beat.on('error', () => undefined);
  beat.on('response', (response) => response.resume());
  beat.end();
}, 50);
