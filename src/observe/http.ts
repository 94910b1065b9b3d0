// Asks over HTTP: 2xx is yes. Connections are kept, redirects are not followed (another address answering is not this one
// answering), and of the body only the first 64 KiB are read.
// A kept connection that broke while idle says nothing about the service, so the question is put once more on a new one.

import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type Asked, cannotTell, inWords, no, silent } from './asked.ts';
import { firstLine } from './text.ts';

const bodyLimit = 64 * 1024;

export interface HttpAsker {
  /** Never rejects. `withinMs` counts for the whole answer. */
  ask(url: string, withinMs: number, signal: AbortSignal): Promise<Asked>;
  close(): void;
}

/** Opens an asker with connections of its own. */
export function openHttpAsker(): HttpAsker {
  const options = { keepAlive: true } as const;
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  return {
    ask(url, withinMs, signal) {
      const target = parse(url);
      if (target === null) return Promise.resolve(cannotTell(`${url} is not an http address`));
      return ask(target, target.protocol === 'https:' ? https : http, withinMs, signal);
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

function parse(url: string): URL | null {
  const target = URL.parse(url);
  return target !== null && (target.protocol === 'http:' || target.protocol === 'https:') ? target : null;
}

function ask(target: URL, agent: HttpAgent, withinMs: number, signal: AbortSignal): Promise<Asked> {
  return new Promise((resolve) => {
    let current: ClientRequest | null = null;
    let over = false;
    const finish = (asked: Asked): void => {
      if (over) return;
      over = true;
      clearTimeout(limit);
      signal.removeEventListener('abort', cancel);
      resolve(asked);
    };
    const cancel = (): void => {
      finish(cannotTell('no longer wanted'));
      current?.destroy();
    };
    const limit = setTimeout(() => {
      finish(silent(withinMs));
      current?.destroy();
    }, withinMs);
    signal.addEventListener('abort', cancel, { once: true });

    const put = (again: boolean): void => {
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(target, { agent, headers: { 'user-agent': 'standfast', accept: '*/*' } });
      current = request;
      let answering = false;
      request.on('response', (response) => {
        answering = true;
        read(response, finish);
      });
      request.on('error', (error) => {
        if (over || answering) return;
        if (!again && request.reusedSocket) put(true);
        else finish(no(inWords(error)));
      });
      request.end();
    };
    put(false);
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
    chunks.push(chunk.subarray(0, bodyLimit - size));
    size += chunk.length;
    if (size >= bodyLimit) {
      answered();
      response.destroy();
    }
  });
  response.on('end', answered);
  // Also when the connection breaks off in the middle.
  response.on('error', (error) => finish(no(inWords(error))));
}
