// A service that calls itself well and degraded in turn, ten times a second.
import { request } from 'node:http';

let n = 0;
setInterval(() => {
  n += 1;
  const text = JSON.stringify(n % 2 === 0 ? 'ok' : 'degraded');
  const sent = request({
    socketPath: process.env.STANDFAST_SOCKET,
    method: 'PUT',
    path: '/v1/status',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'standfast-instance': process.env.STANDFAST_INSTANCE,
    },
  });
  sent.on('response', (response) => response.resume());
  sent.on('error', () => {});
  sent.end(text);
}, 100);
