// Reads what may lie on a file system that hangs (a page beside the description, a file that a page mentions). The process has four threads that wait for
// files, and each such read would keep one for good: so they go one after the other, and at most one is lost. Who waits behind it is told after
// `readWithinMs`; when the file system answers again, all go on. As long as reads come to their end, however many are before it, nobody is told.

import { openTurns } from '../observe/turns.ts';

const readWithinMs = 2000;
/** A halt of this process, on a machine that is busy, counts as one look: it says nothing about the file system. */
const lookEveryMs = 250;
const reads = openTurns(1);
/** How many came to their end. */
let ended = 0;

/** What `read` gives, or rejects as it does; or because for `readWithinMs` no read came to its end, this one or one before it. */
export function patiently<T>(read: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let seen = ended;
    let looks = 0;
    const looking = setInterval(() => {
      looks = seen === ended ? looks + 1 : 0;
      seen = ended;
      if (looks < readWithinMs / lookEveryMs) return;
      clearInterval(looking);
      reject(new Error(`a file system does not answer within ${readWithinMs / 1000} s`));
    }, lookEveryMs);
    void reads
      .take(read)
      .finally(() => {
        ended += 1;
        clearInterval(looking);
      })
      .then(resolve, reject);
  });
}
