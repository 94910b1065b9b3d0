// What the parts of the keeper share: the instances it owns and the few things that act on them.

import type { Addresses } from './address.ts';
import type { Afterwards } from './afterwards.ts';
import type { Cgroup, CgroupBase } from './cgroup.ts';
import type { Deadlines } from './deadlines.ts';
import type { InstanceFiles } from './files.ts';
import { Guard } from './guard.ts';
import type { Owned } from './instance.ts';
import type { Log } from './log.ts';
import type { Marks } from './marks.ts';
import type { Reaper } from './reaper.ts';
import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { Spare } from './spare.ts';
import type { InstanceId, KeeperAnswer, StartedInstance } from '../ports.ts';

/** A start that has not forked yet. */
export interface Starting {
  readonly service: string;
  /** Why it must not go on, once that is so. */
  cancelled: string | null;
  answer: Promise<KeeperAnswer<StartedInstance>>;
}

/** One for the life of the keeper. */
export interface Ground {
  readonly boot: string;
  readonly log: Log;
  readonly files: InstanceFiles;
  readonly afterwards: Afterwards;
  readonly marks: Marks;
  readonly cgroups: CgroupBase | null;
  /** Whether `setpriv --pdeathsig` is there. */
  readonly pdeathsig: boolean;
  readonly deadlines: Deadlines;
  readonly addresses: Addresses;
  readonly reaper: Reaper;
  /** Taken by the next start. */
  readonly spare: Spare;
  readonly instances: Map<InstanceId, Owned>;
  readonly starting: Map<InstanceId, Starting>;
  /** The highest term seen of each service. */
  readonly terms: Map<string, number>;
  /** The keeper is about to end: nothing starts any more. */
  closing: boolean;
}

/** The instance, or why not. */
export function findInstance(ground: Ground, instance: InstanceId): Owned | Refusal {
  return ground.instances.get(instance) ?? refuse('noSuchInstance', `no instance ${instance} is known here`);
}

/** Refuses a term below one seen; remembers it else. */
export function refuseOlderTerm(ground: Ground, service: string, term: number): Refusal | null {
  const seen = ground.terms.get(service) ?? 0;
  if (term < seen) return refuse('termTooOld', `${service}: term ${term} is older than ${seen}, which was seen here`);
  ground.terms.set(service, term);
  return null;
}

/** A guard for an instance that is or may come under a lease. */
export function newGuard(ground: Ground, instance: InstanceId, cgroup: Cgroup | null): Guard {
  return new Guard(instance, cgroup, () =>
    ground.log(`${instance}: its guard cannot be begun; it is tried each second`),
  );
}
