// Processes found by a text in their environment, such as the temporary folder that a test or a benchmark made for itself alone:
// so that only what it started is ended, whatever became of its parents.
import { readdirSync, readFileSync } from 'node:fs';

/** Process ids that carry the text in their environment, this process excepted. Zombies have none. */
export function marked(text: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    return Number.isInteger(pid) && pid !== process.pid && environment(pid).includes(text) ? [pid] : [];
  });
}

/** SIGKILL to all of them, again until none is left: one may start another meanwhile. */
export function endMarked(text: string): void {
  for (let round = 0; round < 100; round++) {
    const pids = marked(text);
    if (pids.length === 0) return;
    for (const pid of pids) tryKill(pid);
  }
}

function environment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // ended meanwhile, or another user's
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended meanwhile
  }
}
