// Questions to peers that wait for their answers: each for so long, and each answered only by who was asked.

/** Those that wait for their answers. */
export interface Calls {
  begin(host: string, withinMs: number): { readonly id: number; readonly reply: Promise<unknown> };
  replied(host: string, id: number, ok: boolean, body: unknown): void;
}

/** None yet. */
export function openCalls(): Calls {
  const open = new Map<number, { readonly host: string; settle(ok: boolean, body: unknown): void }>();
  let count = 0;
  return {
    begin(host, withinMs) {
      count += 1;
      const id = count;
      const reply = new Promise<unknown>((resolve, reject) => {
        const late = setTimeout(() => {
          open.delete(id);
          reject(new Error(`its agent did not answer within ${withinMs / 1000} s`));
        }, withinMs);
        open.set(id, {
          host,
          settle(ok, body) {
            clearTimeout(late);
            open.delete(id);
            if (ok) resolve(body);
            else reject(new Error(typeof body === 'string' ? body : 'it refused'));
          },
        });
      });
      return { id, reply };
    },
    replied(host, id, ok, body) {
      const one = open.get(id);
      if (one?.host === host) one.settle(ok, body);
    },
  };
}
