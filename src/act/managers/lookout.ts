// What a manager runs though nobody here asked it to: started again by itself or by somebody's hand, while Standfast starts nothing (paused, waiting, not to run now).
// Without looking, such a one would be shown as down as long as nobody wants to start it.

import type { StartRequest } from '../../ports.ts';
import type { ForeignManager } from './speak.ts';
import type { ManagerSays } from './tongue.ts';

/** Oftener after a process has ended: then its manager is about to start another. */
const lookEveryMs = 2_000;
const soonForMs = 60_000;
const roundsOtherwise = 5;

/**
 * Asks about each of `mine` that nothing is known to run of, and gives what runs to `take`. Each is asked by one question at a time.
 * `mine`: how each service of this host that belongs to another manager would be started, with an instance name of its own.
 */
export function openLookout(of: {
  readonly mine: () => readonly StartRequest[];
  /** It is known to run, or is being started. */
  readonly isTaken: (service: string) => boolean;
  readonly status: (request: StartRequest, manager: ForeignManager) => Promise<ManagerSays>;
  readonly take: (request: StartRequest, manager: ForeignManager, says: ManagerSays & { kind: 'runs' }) => void;
  readonly now: () => number;
}): { close(): void } {
  const asked = new Set<string>();
  const downSince = new Map<string, number>();
  let round = 0;
  const look = async (request: StartRequest, manager: ForeignManager): Promise<void> => {
    const { service } = request;
    asked.add(service);
    const says = await of.status(request, manager);
    asked.delete(service);
    if (says.kind === 'runs' && !of.isTaken(service)) of.take(request, manager, says);
  };
  const looking = setInterval(() => {
    round += 1;
    for (const request of of.mine()) {
      const { service, manager } = request;
      if (manager === undefined || manager.kind === 'native') continue;
      if (of.isTaken(service)) {
        downSince.delete(service);
        continue;
      }
      const since = downSince.get(service) ?? of.now();
      downSince.set(service, since);
      const due = of.now() - since < soonForMs || round % roundsOtherwise === 0;
      if (due && !asked.has(service)) void look(request, manager);
    }
  }, lookEveryMs);
  return { close: () => clearInterval(looking) };
}
