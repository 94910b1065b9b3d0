// A service that ran here under a description that this life of the agent never knew: enough of it to end it in order and to give its lease away.

import { bytes, ms } from '../model/units.ts';
import type { RunService } from '../model/system.ts';
import { noWatch } from '../model/watch.ts';
import type { Draft } from './draft.ts';
import { emptySlot } from './new-slot.ts';

/** Where what is not described asks to be ended, this long it has. */
const forcedAfterMs = 10_000;

/** Gives it a slot as what is to run here no more: as it is described for other hosts, or with nothing known of it. */
export function retireUnknown(d: Draft, name: string, leased: boolean): void {
  if (d.s.slots.has(name)) return;
  const described = d.service(name);
  const retired = d.own('retired', d.s.retired);
  retired.set(name, described?.kind === 'run' ? described : formerService(name, leased));
  d.s.retired = retired;
  const slots = d.own('slots', d.s.slots);
  slots.set(name, emptySlot(name));
  d.s.slots = slots;
  d.heldNow = null;
  d.touch(name);
}

/** Leases that our session holds for services that have no place here: a former life had one, and ended before it gave it away. */
export function retireOrphans(d: Draft): void {
  const { own, system, keeper } = d.s;
  if (system === null || !keeper.up || own.revision === 0) return;
  for (const [name, { value }] of d.s.leases)
    if (value.host === d.s.me && value.epoch === own.epoch && !d.s.slots.has(name)) retireUnknown(d, name, true);
}

function formerService(name: string, leased: boolean): RunService {
  const nothing = { unavailability: null, mtbf: null, mttr: null, recoverWithin: null };
  return {
    kind: 'run',
    name,
    about: null,
    run: { kind: 'argv', argv: ['false'] },
    manager: { kind: 'native' },
    policy: leased ? 'hot-active/cold-passive' : 'single',
    consumers: null,
    on: [],
    prefer: null,
    failBack: false,
    needs: null,
    objective: { unavailable: ms(0), per: ms(1), recoverWithin: ms(forcedAfterMs) },
    ready: null,
    activate: null,
    active: null,
    deactivate: null,
    drain: null,
    route: null,
    fenceBeforeTakeover: false,
    trigger: 'supervisor',
    detect: { heartbeat: null, status: null, checks: [] },
    log: null,
    files: [],
    stop: { signal: 'SIGTERM', forcedAfter: ms(forcedAfterMs) },
    restart: { alternative: null },
    mayLose: null,
    capacity: null,
    load: null,
    severity: 1,
    schedule: null,
    finishes: false,
    impact: null,
    runbook: null,
    autoRunbook: null,
    dir: '/',
    env: {},
    envFile: null,
    asWritten: null,
    user: null,
    group: null,
    logs: { maxSize: bytes(50 * 2 ** 20), keep: 5 },
    backOff: { upTo: ms(60_000) },
    limits: { memory: null, files: null },
    watch: noWatch,
    reliability: nothing,
  };
}
