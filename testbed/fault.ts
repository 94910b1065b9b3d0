// Faults, put together of troubles: a trouble is what is done to the system, and gives back what undoes it; a fault says for how long. What undoes it is done
// in any case, so that the machines can be used for the next run.
import { etcdPids, setClock, type Machine } from './machine.ts';
import type { Scene } from './row.ts';
import { runnersOf } from './scenes.ts';
import { signal } from './space.ts';

export interface Fault {
  /** About how long it takes by itself: for the estimate of what is left. */
  readonly lastsMs: number;
  readonly befall: (scene: Scene) => Promise<void>;
}

type Undo = () => unknown;
export type Trouble = (scene: Scene) => Undo | Promise<Undo>;

const nothing: Undo = () => {};

/** About how long the next one takes to take over. */
const takenOverMs = 1200;

interface Course {
  /** Watched so long under the trouble after somebody took over. */
  readonly stillMs?: number;
  /** Watched so long after it was undone. */
  readonly thenMs?: number;
}

/** Until another is active, however long that takes. */
export function untilMoved(trouble: Trouble, { stillMs = 0, thenMs = 0 }: Course = {}): Fault {
  return {
    lastsMs: takenOverMs + stillMs + thenMs,
    async befall(scene) {
      const undo = await trouble(scene);
      try {
        await scene.moved();
        await scene.explain(scene.others[0] ?? scene.active);
        await scene.hold(stillMs);
      } finally {
        await undo();
      }
      await scene.hold(thenMs);
    },
  };
}

/** For so long, or a time between two, drawn; `explained`: what the active's host says is kept before it is over. */
export function lasting(
  forMs: number | readonly [least: number, most: number],
  trouble: Trouble,
  { thenMs = 0, explained = false }: { readonly thenMs?: number; readonly explained?: boolean } = {},
): Fault {
  const [least, most] = typeof forMs === 'number' ? [forMs, forMs] : forMs;
  return {
    lastsMs: (least + most) / 2 + thenMs,
    async befall(scene) {
      const undo = await trouble(scene);
      try {
        await scene.hold(least + (most - least) * Math.random());
        if (explained) await scene.explain(scene.active);
      } finally {
        await undo();
      }
      await scene.hold(thenMs);
    },
  };
}

/** One after the other so quickly that it is at once; undone in the opposite order. */
export function both(...troubles: readonly Trouble[]): Trouble {
  return async (scene) => {
    const undone: Undo[] = [];
    for (const trouble of troubles) undone.unshift(await trouble(scene));
    return async () => {
      for (const undo of undone) await undo();
    };
  };
}

/** Which processes. */
export type Who = (scene: Scene) => readonly number[] | Promise<readonly number[]>;

/** The process of the service that the fault is aimed at, on the active's host or the standby's that is next in order. */
export const activeProcess: Who = ({ bed, view, active }) => [bed.pid(view, 'subject', active.host)];
export const standbyProcess: Who = ({ bed, view, others }) => [bed.pid(view, 'subject', others[0]?.host ?? '')];
export const agent: Who = async ({ bed, active }) => [(await runnersOf(bed, active)).agent];
export const keeper: Who = async ({ bed, active }) => [(await runnersOf(bed, active)).keeper];
/** The keeper first: else it would start the agent again. */
export const keeperAndAgent: Who = async ({ bed, active }) => {
  const { agent: one, keeper: other } = await runnersOf(bed, active);
  return [other, one];
};

/** The members of etcd on these machines. */
export function etcd(on: (scene: Scene) => readonly Machine[] | Promise<readonly Machine[]>): Who {
  return async (scene) => (await on(scene)).flatMap(etcdPids);
}

export function killed(who: Who): Trouble {
  return async (scene) => {
    for (const pid of await who(scene)) signal(pid, 'SIGKILL');
    return nothing;
  };
}

/** SIGSTOP, and SIGCONT to the same. */
export function stopped(who: Who): Trouble {
  return async (scene) => {
    const pids = await who(scene);
    for (const pid of pids) signal(pid, 'SIGSTOP');
    return () => {
      for (const pid of pids) signal(pid, 'SIGCONT');
    };
  };
}

/** All that runs on the active's host. */
export const frozen: Trouble = ({ active: { space } }) => {
  space.freeze();
  return () => space.thaw();
};

/** The line of the active's host is cut both ways, and both ends see their cable. */
export const cutOff: Trouble = ({ active: { space } }) => {
  space.cut();
  return () => space.join();
};

/** Of what comes in, or goes out, by the line of the active's host so many of 100 are lost. */
export function losing(way: 'in' | 'out', share: number): Trouble {
  return ({ active: { space } }) => {
    space.drop(way, share);
    return () => space.dropNothing();
  };
}

/** The wall clock that agent and keeper of the active's host see. */
export function clockMoved(offset: string): Trouble {
  return ({ active }) => {
    setClock(active, offset);
    return () => setClock(active, '+0');
  };
}

/** So many processes on the active's host do nothing but be busy. */
export function busy(count: number): Trouble {
  return ({ active: { space } }) => {
    const all = Array.from({ length: count }, () =>
      space.spawn(['sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
    );
    return () => {
      for (const each of all) each.kill('SIGKILL');
    };
  };
}
