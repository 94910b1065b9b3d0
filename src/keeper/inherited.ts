// What whoever ran `up` had open beside: a lock, the pipe that a build waits on. It would stay open for as long as the keeper and its services run.

import { closeSync, readFileSync, readdirSync } from 'node:fs';

/** Closed when another program is begun (fcntl(2), O_CLOEXEC), in octal. Node has it on all that is its own, and puts it on the first descriptors that it was given. */
const closedOnExec = 0o2_000_000;
const own = '/proc/self';

/** Closes every descriptor above 2 that would be handed on to what this process begins. */
export function closeInherited(): void {
  for (const fd of readdirSync(`${own}/fd`).map(Number)) if (fd > 2 && isHandedOn(fd)) closeSync(fd);
}

function isHandedOn(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`${own}/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closedOnExec) === 0;
  } catch {
    // That of the folder that was read: it is closed by now.
    return false;
  }
}
