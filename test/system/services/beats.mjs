// Beats by message over the agent's socket, with nothing but node:http.
import { request } from 'node:http';

const { STANDFAST_SOCKET: socketPath, STANDFAST_INSTANCE: instance = '' } = process.env;
let said = false;
setInterval(() => {
  const beat = request({
    socketPath,
    method: 'POST',
    path: '/v1/heartbeat',
    headers: { 'Standfast-Instance': instance },
  });
  beat.on('error', () => undefined);
  beat.on('response', (response) => {
    response.resume();
    if (!said) console.log('beats');
    said = true;
  });
  beat.end();
}, 50);
