// Reads what may lie on a file system that hangs (a page beside the description, a file that a page mentions). The process has four threads that wait for
// files, and each such read would keep one for good: so they go one after the other, and at most one is lost. Who waits behind it is told after
// `readWithinMs`; when the file system answers again, all go on.

import { openTurns } from '../observe/turns.ts';

const readWithinMs = 2000;
const reads = openTurns(1);

/** What `read` gives, or rejects as it does; or because its turn, or its end, did not come in time. */
export function patiently<T>(read: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`a file system does not answer within ${readWithinMs / 1000} s`)),
      readWithinMs,
    );
    void reads
      .take(read)
      .then(resolve, reject)
      .finally(() => clearTimeout(late));
  });
}
