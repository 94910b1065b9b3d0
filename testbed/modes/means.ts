// By what faults are made: cgroups of one's own, programs that do the next thing when a file says so, a wall clock that is set forward.

import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from './case.ts';
import type { Place } from './place.ts';

const isV1 = existsSync('/sys/fs/cgroup/memory');
const limits = {
  memory: isV1 ? 'memory.limit_in_bytes' : 'memory.max',
  cpu: isV1 ? 'cpu.cfs_quota_us' : 'cpu.max',
  pids: 'pids.max',
} as const;

/** Makes a cgroup with this limit; its path stands in the file `cgroup`. Gone with the place. */
export async function cgroup(place: Place, controller: keyof typeof limits, limit: string): Promise<void> {
  const name = place.folder.slice(place.folder.lastIndexOf('/') + 1);
  const at = `/sys/fs/cgroup/${isV1 ? `${controller}/` : ''}${name}`;
  await place.sh('mkdir "$1" && echo "$2" > "$1/$3" && echo "$1" > cgroup', at, limit, limits[controller]);
  place.after(() => place.run(['sh', '-c', 'for n in $(seq 50); do rmdir "$1" && exit; sleep 0.1; done', 'sh', at]));
}

/** The service, in that cgroup from its first moment. */
export function inCgroup(_controller: keyof typeof limits, app: App): App {
  return { ...app, shell: `echo $$ > "$(cat cgroup)/cgroup.procs"; ${String(app['shell'])}` };
}

const words = `import time,os
open("pid","w").write(str(os.getpid()))
def wait():
  while not os.path.exists("go"): time.sleep(0.05)
  if not os.path.exists("always"): os.remove("go")
def say(): open("done","w").write("x")
`;

/** A program in Python: `wait()` for the file `go`, `say()` that it is done. */
export function python(text: string): App {
  return { shell: `cat > app.py <<'END'\n${words}${text}\nEND\nexec python3 app.py` };
}

/** The same, where the service is a shell that waits for it. */
export function belowShell(text: string): App {
  return { shell: `${String(python(text)['shell']).replace(/exec (python3 app\.py)$/, '$1')}; exit` };
}

/** Does the line so many times, each so many hours of the wall clock later. A step is as long as a detector takes to look: 5 s and more. */
export async function steps(place: Place, count: number, hours: number, line: string, everyS = 6): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await place.sh(line);
    if (count === 1) return;
    if (hours > 0) place.setClock(`+${(n + 1) * hours}h`);
    await pause(everyS * 1000);
  }
}

/** Of the service's process, which must run. */
export async function pidOf(place: Place): Promise<string> {
  for (let tries = 0; tries < 60; tries += 1) {
    const service = (await place.status())?.services.find(({ name }) => name === place.app);
    const pid = service?.instances[0]?.pid;
    if (typeof pid === 'number') return String(pid);
    await pause(500);
  }
  throw new Error(`${place.app} does not run`);
}
