// One HTTP request with a JSON body, on a connection of its own: a kept one that broke would leave open whether the request
// was carried out.

// Not by `import`: that reads every export of node:http, the lazy ones too, which loads undici (7 MiB).
const { request: httpRequest } = process.getBuiltinModule('node:http');
const { request: httpsRequest } = process.getBuiltinModule('node:https');

/** How far the request came. `text`: the body of the answer. */
export type Posted =
  | { readonly kind: 'answered'; readonly code: number; readonly text: string }
  /** It cannot have arrived: the address is wrong or nobody accepts connections there. */
  | { readonly kind: 'notSent'; readonly why: string }
  /** It may have arrived. */
  | { readonly kind: 'unanswered'; readonly why: string };

const shownBytes = 2048;
const notSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
]);

/** Sends and waits for the whole answer, `within` ms at most. Redirects are not followed. Never rejects. */
export function send(
  method: 'POST' | 'GET',
  url: string,
  options: { body: string | null; headers?: Readonly<Record<string, string>>; within: number; signal?: AbortSignal },
): Promise<Posted> {
  const target = URL.parse(url);
  if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:'))
    return Promise.resolve({ kind: 'notSent', why: `${url} is not an http address` });
  return new Promise((resolve) => {
    const call = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = call(target, {
      method,
      agent: false,
      headers: {
        'user-agent': 'standfast',
        ...(options.body === null
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(options.body) }),
        ...options.headers,
      },
    });
    const finish = (posted: Posted): void => {
      clearTimeout(limit);
      options.signal?.removeEventListener('abort', cancel);
      resolve(posted);
      request.destroy();
    };
    const cancel = (): void => finish({ kind: 'unanswered', why: 'given up' });
    const limit = setTimeout(
      () => finish({ kind: 'unanswered', why: `no answer within ${options.within} ms` }),
      options.within,
    );
    options.signal?.addEventListener('abort', cancel, { once: true });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const answered = (): void =>
        finish({
          kind: 'answered',
          code: response.statusCode ?? 0,
          text: oneLine(Buffer.concat(chunks).toString('utf8')),
        });
      response.on('data', (chunk: Buffer) => {
        if (size >= shownBytes) return;
        chunks.push(chunk.subarray(0, shownBytes - size));
        size += chunk.length;
        // Who has sent this much has long answered.
        if (size >= shownBytes) answered();
      });
      response.on('end', answered);
      response.on('error', answered);
    });
    request.on('error', (error) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
      const why =
        code === 'ECONNREFUSED'
          ? 'connection refused'
          : code === 'ECONNRESET'
            ? 'connection broken off'
            : error.message || code;
      finish({ kind: notSentCodes.has(code) ? 'notSent' : 'unanswered', why });
    });
    request.end(options.body ?? undefined);
  });
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
