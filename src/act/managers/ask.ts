// Asks one manager about one process, with a limit on every question: a manager that hangs holds nobody up.

import { ms, type Ms } from '../../model/units.ts';
import type { CommandEnd, RunCommand } from '../../ports.ts';
import { tongueOf, type ForeignManager } from './speak.ts';
import type { ManagerSays, ManagerTongue, ManagerTrouble } from './tongue.ts';

/** monit gives up by itself after 5 s, and says why. */
const statusWithin = ms(8_000);
const holdWithin = ms(3_000);

/** Of whom, and how its commands are run. */
export interface AskedManager {
  readonly service: string;
  readonly manager: ForeignManager;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Questions about one process. `within`: how long an answer is waited for. */
export interface Asking {
  readonly tongue: ManagerTongue;
  status(): Promise<ManagerSays>;
  /** Null: accepted, which does not mean that it is done. */
  start(within: Ms): Promise<ManagerTrouble | null>;
  stop(within: Ms): Promise<ManagerTrouble | null>;
  /** From its end on the manager starts it no more by itself, as far as it could be told. */
  hold(pause: (forMs: number) => Promise<void>): Promise<void>;
}

const holdAskedMs = 200;

/** Questions to the manager that `about` names. */
export function askManager(about: AskedManager, run: RunCommand): Asking {
  const tongue = tongueOf(about.manager, about.service);
  const ask = (command: ManagerTongue['status'], within: Ms): Promise<CommandEnd> =>
    run({
      command,
      dir: about.dir,
      env: about.env,
      user: null,
      group: null,
      input: null,
      within,
      leaves: command === tongue.start,
    });
  const status = async (): Promise<ManagerSays> => tongue.read(await ask(tongue.status, statusWithin));
  return {
    tongue,
    status,
    start: async (within) => tongue.refused(await ask(tongue.start, within)),
    stop: async (within) => tongue.refused(await ask(tongue.stop, within)),
    async hold(pause) {
      if (tongue.hold === null) return;
      let over = false;
      const limit = pause(holdWithin).then(() => void (over = true));
      // It may end only with the process: what is waited for is that the manager knows.
      void ask(tongue.hold, holdWithin);
      const known = async (): Promise<void> => {
        while (!over) {
          const says = await status();
          if (tongue.heldWhen.includes(says.kind) || says.kind === 'trouble') return;
          await pause(holdAskedMs);
        }
      };
      await Promise.race([limit, known()]);
      over = true;
    },
  };
}
