// Takes in that an instance has ended: whether that was a failure, what is to be mended, and whether it was killed in time.

import { addFailure, nextTry } from '../judge/backoff.ts';
import { isLeased } from '../model/system.ts';
import type { RunService } from '../model/system.ts';
import { between, type MonoMs } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { Ended } from './input.ts';
import { standsForMs } from './new-instance.ts';
import { hotLoss } from './recovery.ts';
import type { CheckState, Instance, Slot } from './slot.ts';
import { needsOf } from './view.ts';

/** An instance has ended: nothing of it lives. */
export function instanceEnded(d: Draft, ended: Ended): void {
  d.tell({ kind: 'forget', instance: ended.instance });
  const { unplaced } = d.s.keeper;
  if (unplaced.length > 0)
    d.s.keeper = { ...d.s.keeper, unplaced: unplaced.filter((each) => each.instance !== ended.instance) };
  const slot = d.slotOf(ended.instance);
  const service = slot === undefined ? undefined : d.runService(slot.service);
  if (slot?.now === null || slot === undefined || service === undefined) return;
  const instance = slot.now;
  d.tell({ kind: 'unobserve', instance: ended.instance });
  const asked = instance.ending?.planned === true || (instance.ending === null && ended.by === 'stop');
  const finished = service.finishes && ended.by === 'itself' && ended.code === 0 && !asked;
  // A deadline or a lost keeper ends what is not at fault: it is down, and need not wait before it is tried again.
  const failed = !asked && !finished && (instance.ending === null ? ended.by === 'itself' : instance.ending.failure);
  const since = instance.readyAt ?? instance.startedAt ?? instance.requestedAt;
  const failures = failed
    ? addFailure(slot.failures, d.mono, between(since, ended.endedAt), service.backOff.upTo)
    : slot.failures;
  const next = failed ? nextTry(failures, service.backOff.upTo, d.mono, slot.service) : null;
  d.note({
    kind: 'ended',
    service: slot.service,
    instance: ended.instance,
    term: ended.term,
    facts: {
      host: d.s.me,
      code: ended.code,
      signal: ended.signal,
      by: ended.by,
      why: instance.ending?.why ?? (isDeaf(service, instance, ended) ? 'deaf' : null),
      endedAtMs: Math.round(ended.endedAtMs),
      seenAfterMs: round(d.mono - ended.endedAt),
      finished,
      tries: next?.tries ?? 0,
      ...(wentAway(instance, ended) ? { leftBehind: true } : {}),
    },
  });
  const lost = instance.activeAt !== null || instance.activateAt !== null;
  d.setSlot(slot.service, {
    now: null,
    lastExit: { code: ended.code, signal: ended.signal, atMs: Math.round(ended.endedAtMs) },
    endedBecause: endedBecause(service, instance, ended),
    unproven: new Map(
      instance.ending?.why === 'check-failed' ? failingChecks(service, instance).map((each) => [each.name, each]) : [],
    ),
    activateError: instance.ending?.rule === 522 ? (slot.activateError ?? null) : null,
    failures,
    failing: !finished && (!asked || slot.failing),
    wantedSince: d.mono,
    failedUntil: next?.at ?? null,
    mustStand: failed && between(instance.startedAt ?? ended.endedAt, ended.endedAt) < standsForMs,
    finishedAtMs: finished ? Math.round(ended.endedAtMs) : slot.finishedAtMs,
    said: null,
    leaseSaid: null,
    recovery:
      slot.recovery ??
      (lost && !finished && isToBeMended(instance) ? recoveryFrom(d, service, slot, instance, ended) : null),
  });
  // What it needs may have waited for it to end.
  for (const need of needsOf(service)) d.touch(need);
  if (!asked && !finished && service.policy === 'hot-active/hot-active') hotLoss(d, service, ended);
  if (isLeased(service)) lateKill(d, service, ended, instance);
}

/** In words: a signal alone would look like somebody else's. */
function endedBecause(service: RunService, instance: Instance, ended: Ended): string | null {
  const { ending } = instance;
  if (ending?.failure === true) {
    const said = whatItSaid(service, instance, ending.why);
    return said === null ? ending.why : `${ending.why}: ${said}`;
  }
  if (ended.by === 'deadline') return 'its lease had run out';
  if (wentAway(instance, ended)) return 'left-behind';
  if (isDeaf(service, instance, ended)) return 'deaf';
  return ended.by === 'keeper-lost' ? 'its keeper was lost' : null;
}

/** The answer, or the lack of one, for which it was ended; null: none is known. */
function whatItSaid(service: RunService, instance: Instance, why: string): string | null {
  if (why === 'status-unreadable') return instance.status?.why ?? null;
  if (why !== 'check-failed') return instance.notYet ?? null;
  const [worst] = failingChecks(service, instance);
  return worst === undefined ? null : `${worst.shownAs ?? worst.name}: ${worst.text}`;
}

/** Those that can end it, the longest failing first. */
function failingChecks(service: RunService, instance: Instance): readonly (CheckState & { readonly name: string })[] {
  return service.detect.checks
    .filter(({ severity }) => severity === null || severity === 1)
    .flatMap(({ name }) => {
      const state = instance.checks.get(name);
      return state === undefined || state.failures === 0 ? [] : [{ name, ...state }];
    })
    .toSorted((a, b) => b.failures - a.failures);
}

/** What puts itself into the background does it within moments; what ends later, and leaves something, has another story. In ms. */
const backgroundWithinMs = 10_000;

/** Ended well, soon after its start, with others of it running on: that is how a daemon leaves whoever started it. */
function wentAway({ startedAt, requestedAt }: Instance, ended: Ended): boolean {
  return (
    ended.by === 'itself' &&
    ended.code === 0 &&
    ended.leftBehind === true &&
    between(startedAt ?? requestedAt, ended.endedAt) < backgroundWithinMs
  );
}

/** The signal by which it was made active ended it: it has no handler for that. */
function isDeaf({ activate }: RunService, instance: Instance, ended: Ended): boolean {
  return (
    instance.ending === null &&
    instance.activateAt !== null &&
    ended.by === 'itself' &&
    activate?.kind === 'signal' &&
    ended.signal === activate.signal
  );
}

/** The end of what the keeper knows nothing of any more: nobody saw how it ended. */
export function lostEnd(d: Draft, service: string, instance: Instance): Ended {
  return {
    instance: instance.id,
    service,
    code: null,
    signal: null,
    endedAt: d.mono,
    goneAt: d.mono,
    endedAtMs: d.now.wall,
    by: 'keeper-lost',
    term: instance.term,
  };
}

/** What was stopped because it is not to run is no loss; what moves or restarts is, though planned. */
function isToBeMended(instance: Instance): boolean {
  return (
    instance.ending === null ||
    instance.ending.failure ||
    instance.ending.why === 'hand-over' ||
    instance.ending.why === 'restart' ||
    instance.ending.why === 'changed'
  );
}

/** What is to be mended, counted from when it last served. */
function recoveryFrom(
  d: Draft,
  service: RunService,
  slot: Slot,
  instance: Instance,
  ended: Ended,
): NonNullable<Slot['recovery']> {
  const silentSince = lastSeenWell(service, instance);
  const ours = instance.ending !== null;
  const withKeeper = ended.by === 'keeper-lost' ? d.s.keeper.lostAt : null;
  const endedAt =
    silentSince ?? withKeeper ?? (ours && instance.ending?.failure === true ? instance.since : ended.endedAt);
  return {
    cause: causeOf(d, slot, instance, ended),
    from: d.s.me,
    rule: instance.ending?.rule ?? 0,
    planned: instance.ending?.planned === true,
    endedAt,
    endedAtMs: Math.round(d.now.wall - (d.mono - endedAt)),
    // What we ended ourselves was detected when we set about it.
    detectedAt: instance.ending?.failure === true ? instance.since : ours ? ended.endedAt : d.mono,
  };
}

/**
 * When what we ended as unfit was last seen well: nobody can tell when after it it failed, so consumers count as without it since then. Null: it ended
 * otherwise, or was never seen well.
 */
function lastSeenWell(service: RunService, instance: Instance): MonoMs | null {
  switch (instance.ending?.why) {
    case 'beat-late':
      return instance.beats?.lastAt ?? null;
    case 'check-failed':
      return servedFrom(instance, failingChecks(service, instance)[0]?.goodAt);
    case 'says-failed':
    case 'status-unreadable':
      return servedFrom(instance, instance.status?.goodAt);
    default:
      return null;
  }
}

/** The later of both: before it was active others served. */
function servedFrom({ activeAt, readyAt }: Instance, goodAt: MonoMs | null | undefined): MonoMs | null {
  const began = activeAt ?? readyAt;
  return goodAt === null || goodAt === undefined || (began !== null && began > goodAt) ? began : goodAt;
}

function causeOf(d: Draft, slot: Slot, instance: Instance, ended: Ended): string {
  const service = d.runService(slot.service);
  if (service !== undefined && isDeaf(service, instance, ended))
    return `does not handle ${ended.signal ?? 'its signal'}`;
  if (instance.ending?.why === 'hand-over') return plannedCause(d, slot);
  if (instance.ending !== null) return instance.ending.why;
  if (ended.by === 'keeper-lost') return 'keeper lost';
  if (ended.by === 'deadline') return 'lease lapsed';
  return ended.signal !== null ? `killed (${ended.signal})` : ended.code === null ? 'ended' : `exit ${ended.code}`;
}

/** Why a planned move is made, for people: the hand-over’s own words, else who asked. */
export function plannedCause(d: Draft, slot: Slot): string {
  const intent =
    slot.handover?.intent === null || slot.handover === null ? undefined : d.s.intents.get(slot.handover.intent);
  if (slot.handover !== null && slot.handover.cause !== null) return slot.handover.cause;
  return intent === undefined ? 'planned' : `planned by ${intent.value.owner}`;
}

/** A kill at the deadline, the keeper's or ours, that took longer than room may have let two be active: a person has to know. */
function lateKill(d: Draft, service: RunService, ended: Ended, instance: Instance): void {
  const byUs = instance.ending?.rule === 122 || instance.ending?.rule === 124;
  const limit = instance.deadline ?? d.s.own.extendedUntil;
  // One that ended under no term was never active: its activation came to nothing.
  if ((ended.by !== 'deadline' && !byUs) || ended.by === 'keeper-lost' || ended.term === 0 || limit === null) return;
  const late = ended.goneAt - limit;
  if (late <= d.s.timing.room) return;
  d.note({
    kind: 'mayHaveOverlapped',
    service: service.name,
    instance: instance.id,
    term: instance.term,
    facts: { lateMs: round(late), roomMs: d.s.timing.room },
  });
  d.s.incidents = {
    ...d.s.incidents,
    others: [
      ...d.s.incidents.others.filter((each) => each.key !== `overlap:${service.name}`),
      {
        key: `overlap:${service.name}`,
        severity: 1,
        service: service.name,
        instance: `${service.name}@${d.s.me}`,
        host: d.s.me,
        cause: { kind: 'kill-late', facts: { tookMs: round(late), roomMs: d.s.timing.room } },
        also: [],
      },
    ],
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
