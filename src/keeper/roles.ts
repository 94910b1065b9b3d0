// Changes of role under a lease. The order is what makes them safe: leased and deadline first, then the role file, then the signal; on the way back
// the deadline stays until somebody confirmed that it is no longer active.

import { constants } from 'node:os';

import { errorWords } from '../model/error-words.ts';
import { monoNow } from './clock.ts';
import { findInstance, newGuard, refuseOlderTerm } from './ground.ts';
import type { Ground } from './ground.ts';
import type { Owned } from './instance.ts';
import { send } from './reaper.ts';
import { done, refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { Route } from '../model/system.ts';
import type { MonoMs } from '../model/units.ts';
import type { InstanceId, Keeper, KeeperAnswer } from '../ports.ts';

type Request<Verb extends keyof Keeper> = Parameters<Keeper[Verb]>[0];

/** A role file that could not be written is tried again so much later. */
const roleAgainMs = 1000;

/** A signal's name that this system knows, or a refusal. */
export function signalNamed(name: string): NodeJS.Signals | Refusal {
  const found = signals.find((each) => each === name);
  return found ?? refuse('signal', `there is no signal ${name}: write one of ${signals.join(', ')}`);
}

const signals = Object.keys(constants.signals) as NodeJS.Signals[];

/** See `Keeper.activate`. */
export async function activate(
  ground: Ground,
  request: Request<'activate'>,
): Promise<KeeperAnswer<{ activatedAt: MonoMs }>> {
  const owned = findInstance(ground, request.instance);
  if ('kind' in owned) return owned;
  const signal = request.signal === null ? null : signalNamed(request.signal);
  if (signal !== null && typeof signal !== 'string') return signal;
  return inTurn(owned, async () => {
    const refused =
      whyNotActive(owned, request.deadline) ??
      (request.term < 1 ? refuse('badRequest', 'a lease has a term of 1 or more') : null) ??
      refuseOlderTerm(ground, owned.service, request.term);
    if (refused !== null) return refused;
    if (
      owned.role === 'active' &&
      owned.term === request.term &&
      owned.activatedAt !== null &&
      owned.deadline !== null
    ) {
      armLater(ground, owned, request.deadline);
      return done({ activatedAt: owned.activatedAt });
    }
    owned.guard ??= newGuard(ground, owned.instance, owned.cgroup);
    owned.guard.watchGroup(owned.pid);
    if (!(await owned.guard.say('leased')))
      return refuse(
        'guard',
        `no guard for ${owned.instance} could be started, which would end it should the keeper die`,
      );
    const before = { role: owned.role, term: owned.term, deadline: owned.deadline };
    const ended = whyNotActive(owned, request.deadline);
    if (ended !== null) return ended;
    // what was started as active is armed for this term already, and may have been extended
    if (owned.term === request.term) armLater(ground, owned, request.deadline);
    else arm(ground, owned, request.deadline);
    owned.term = request.term;
    const unplaced = await bringAddress(ground, owned, request.route ?? null);
    if (unplaced !== null) {
      takeBack(ground, owned, before);
      return unplaced;
    }
    try {
      await ground.files.writeRole(owned.instance, { role: 'active', term: request.term });
    } catch (error) {
      await ground.addresses.drop(owned.instance);
      takeBack(ground, owned, before);
      return refuse(
        'roleFile',
        `${owned.instance} cannot be made active, since its role file cannot be written: ${errorWords(error)}`,
      );
    }
    const meanwhile = whyNotActive(owned, owned.deadline);
    if (meanwhile !== null) return meanwhile;
    if (signal !== null && !send(owned.pid, signal))
      return refuse('signal', `${owned.instance} could not be signalled: it is ending`);
    owned.role = 'active';
    owned.activatedAt = monoNow();
    return done({ activatedAt: owned.activatedAt });
  });
}

/** See `Keeper.extend`. Waits for nothing: an extension must not queue behind a slow disk. */
export function extend(ground: Ground, request: Request<'extend'>): KeeperAnswer<{ taken: readonly InstanceId[] }> {
  const now = monoNow();
  const taken: InstanceId[] = [];
  for (const { instance, term, deadline } of request) {
    const owned = ground.instances.get(instance);
    // One that is being stopped in order may have as long as its `stop` allows, while its lease is still held.
    const over = owned !== undefined && isEnding(owned) && !(owned.endingBy === 'stop' && owned.exit === null);
    if (owned === undefined || owned.deadline === null || owned.term !== term || over || deadline <= now) continue;
    armLater(ground, owned, deadline);
    taken.push(instance);
  }
  return done({ taken });
}

/** See `Keeper.deactivate`. */
export async function deactivate(ground: Ground, request: Request<'deactivate'>): Promise<KeeperAnswer<null>> {
  const owned = findInstance(ground, request.instance);
  if ('kind' in owned) return owned;
  const signal = request.signal === null ? null : signalNamed(request.signal);
  if (signal !== null && typeof signal !== 'string') return signal;
  if (request.role === 'active') return refuse('badRequest', 'deactivation leads to standby or passive, not to active');
  return inTurn(owned, async () => {
    if (isEnding(owned)) return refuse('ending', `${owned.instance} is ending already`);
    if (owned.term !== request.term)
      return refuse('otherTerm', `${owned.instance} is in term ${owned.term}, not in ${request.term}`);
    if (owned.role === request.role) return done(null);
    try {
      if (owned.deadline !== null) await ground.files.markLeased(owned.instance);
      await ground.files.writeRole(owned.instance, { role: request.role, term: request.term });
    } catch (error) {
      return refuse(
        'roleFile',
        `${owned.instance} cannot be deactivated, since its role file cannot be written: ${errorWords(error)}; end it instead`,
      );
    }
    if (isEnding(owned)) return refuse('ending', `${owned.instance} ended meanwhile`);
    owned.role = request.role;
    if (signal !== null && !send(owned.pid, signal))
      return refuse('signal', `${owned.instance} could not be signalled: it is ending`);
    return done(null);
  });
}

/** See `Keeper.disarm`. */
export async function disarm(ground: Ground, request: Request<'disarm'>): Promise<KeeperAnswer<null>> {
  const owned = findInstance(ground, request.instance);
  if ('kind' in owned) return owned;
  return inTurn(owned, async () => {
    if (owned.term !== request.term)
      return refuse('otherTerm', `${owned.instance} is in term ${owned.term}, not in ${request.term}`);
    if (isEnding(owned)) return owned.ended === null ? refuse('ending', `${owned.instance} is ending`) : done(null);
    if (owned.deadline === null) return done(null);
    if (owned.role === 'active')
      return refuse('deadlineNeeded', `${owned.instance} is active in term ${owned.term}: deactivate it first`);
    await ground.addresses.drop(owned.instance);
    if (isEnding(owned)) return refuse('ending', `${owned.instance} is ending`);
    release(ground, owned);
    void inTurn(owned, () => unmark(ground, owned));
    return done(null);
  });
}

/**
 * For what was started while the disk was full, and so without its role file: as soon as there is room it gets one, unless it ended or a change of
 * role has written it.
 */
export function writeRoleLater(ground: Ground, owned: Owned): void {
  const { instance, role, term } = owned;
  const write = (): Promise<void> =>
    inTurn(owned, async () => {
      if (isEnding(owned) || owned.role !== role || owned.term !== term) return;
      await ground.files.writeRole(instance, { role, term });
      ground.log(`${instance}: its role file is written now`);
    });
  setTimeout(() => void write().catch(() => writeRoleLater(ground, owned)), roleAgainMs).unref();
}

/** After the answer, since somebody waits for that to become active: a mark that stays only has the next keeper end what is inactive. */
async function unmark(ground: Ground, owned: Owned): Promise<void> {
  if (owned.deadline !== null) return;
  try {
    await ground.files.unmarkLeased(owned.instance);
  } catch (error) {
    ground.log(`${owned.instance}: the next keeper will think it leased: ${errorWords(error)}`);
  }
}

function isEnding(owned: Owned): boolean {
  return owned.endingBy !== null || owned.exit !== null;
}

function whyNotActive(owned: Owned, deadline: MonoMs | null): Refusal | null {
  if (isEnding(owned)) return refuse('ending', `${owned.instance} is ending or has ended`);
  if (deadline === null || deadline <= monoNow())
    return refuse('deadlinePast', `the deadline for ${owned.instance} is past`);
  return null;
}

function arm(ground: Ground, owned: Owned, deadline: MonoMs): void {
  owned.deadline = deadline;
  ground.deadlines.arm(owned.instance, deadline);
  ground.addresses.renew(owned.instance, deadline);
}

/** After the deadline is armed; an extension that comes meanwhile counts for the address too. */
async function bringAddress(ground: Ground, owned: Owned, route: Route | null): Promise<Refusal | null> {
  if (route === null) return null;
  const { deadline } = owned;
  if (deadline === null) return refuse('deadlineNeeded', `${owned.instance} has no deadline for its address`);
  return await ground.addresses.bring(owned.instance, route, deadline);
}

/** Requests may overtake each other: the latest deadline of a term counts. */
function armLater(ground: Ground, owned: Owned, deadline: MonoMs): void {
  if (owned.deadline === null || deadline > owned.deadline) arm(ground, owned, deadline);
}

/** No deadline and no lease any more. */
function release(ground: Ground, owned: Owned): void {
  owned.deadline = null;
  owned.activatedAt = null;
  ground.deadlines.disarm(owned.instance);
  void owned.guard?.say('free');
}

/** The activation was not seen by the service: as before. */
function takeBack(ground: Ground, owned: Owned, before: Pick<Owned, 'role' | 'term' | 'deadline'>): void {
  if (isEnding(owned)) return;
  owned.term = before.term;
  if (before.deadline === null) release(ground, owned);
  else arm(ground, owned, before.deadline);
}

/** One change of role at a time, in the order asked. */
function inTurn<T>(owned: Owned, change: () => Promise<T>): Promise<T> {
  const turn = owned.turn.then(change);
  owned.turn = turn.catch(() => undefined);
  return turn;
}
