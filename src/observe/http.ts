// Asks over HTTP: 2xx is yes. Redirects are not followed (another address answering is not this one answering), and of the
// body only the first 64 KiB are read.
// Each question has a connection of its own. A kept one would cost half as much, but would occupy a worker of a service that
// has few, delay an orderly stop that waits for connections to end, and not see that nothing new is accepted any more.

import type { IncomingMessage } from 'node:http';
import { type Asked, cannotTell, inWords, no, silent } from './asked.ts';
import { giveUpAfter } from './give-up.ts';
import { firstLine } from './text.ts';

// Not by `import`: that reads every export of node:http, the lazy ones too, which loads undici (7 MiB).
const { Agent: HttpAgent, request: httpRequest } = process.getBuiltinModule('node:http');
const { Agent: HttpsAgent, request: httpsRequest } = process.getBuiltinModule('node:https');

const bodyLimit = 64 * 1024;
const plain = new HttpAgent({ keepAlive: false });
/** Remembers TLS sessions, so that a handshake is short. */
const secure = new HttpsAgent({ keepAlive: false });

/** Asks once; `withinMs` counts for the whole answer. Never rejects. */
export function askHttp(url: string, withinMs: number, signal: AbortSignal): Promise<Asked> {
  const target = URL.parse(url);
  if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:'))
    return Promise.resolve(cannotTell(`${url} is not an http address`));
  const isSecure = target.protocol === 'https:';
  return new Promise((resolve) => {
    const request = (isSecure ? httpsRequest : httpRequest)(target, {
      agent: isSecure ? secure : plain,
      headers: { 'user-agent': 'standfast', accept: '*/*' },
    });
    const finish = (asked: Asked): void => {
      callOff();
      signal.removeEventListener('abort', cancel);
      resolve(asked);
      request.destroy();
    };
    const cancel = (): void => finish(cannotTell('no longer wanted'));
    const callOff = giveUpAfter(withinMs, () => finish(silent(withinMs)));
    signal.addEventListener('abort', cancel, { once: true });
    request.on('response', (response) => read(response, finish));
    request.on('error', (error) => finish(no(inWords(error))));
    request.end();
  });
}

function read(response: IncomingMessage, finish: (asked: Asked) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const answered = (): void => {
    const body = Buffer.concat(chunks).toString('utf8');
    const code = response.statusCode ?? 0;
    if (code >= 200 && code < 300) finish({ result: 'ok', text: `HTTP ${code}`, body });
    else {
      const said = firstLine(body);
      finish(no(`HTTP ${code}${said === '' ? '' : `: ${said}`}`, body));
    }
  };
  response.on('data', (chunk: Buffer) => {
    if (size >= bodyLimit) return;
    chunks.push(chunk.subarray(0, bodyLimit - size));
    size += chunk.length;
    if (size >= bodyLimit) answered();
  });
  response.on('end', answered);
  // Also when the connection breaks off in the middle.
  response.on('error', (error) => finish(no(inWords(error))));
}
