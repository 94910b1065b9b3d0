// Carries out what the core decided and tells how it came out. No choice is made here: a refusal is `failed`, silence is `unknown`.

import type { Effect, Outcome } from '../decide/effect.ts';
import type { Input } from '../decide/input.ts';
import type { Instance } from '../decide/slot.ts';
import type { State } from '../decide/state.ts';
import { fenceHost } from '../act/fence.ts';
import { serviceByName } from '../decide/draft.ts';
import type { Role } from '../model/states.ts';
import type { RoleCall, RunService } from '../model/system.ts';
import { refusalCodes } from '../keeper/refusal.ts';
import { between, ms, type MonoMs } from '../model/units.ts';
import type { CallAnswer, Keeper, KeeperAnswer, Observer, RoleCaller } from '../ports.ts';
import { runCommand } from '../observe/command.ts';
import { waitUntilCaught } from '../observe/signals.ts';
import type { Observing } from './observing.ts';
import type { MainProcess, OwnHand } from './own-hand.ts';
import type { Peers } from './peers.ts';
import type { Plans } from './plans.ts';
import type { StoreLink } from './store-link.ts';

/** All that effects are carried out with. */
export interface Hands {
  readonly keeper: Keeper;
  readonly ownHand: OwnHand;
  readonly store: StoreLink;
  readonly peers: Peers;
  readonly observer: Observer;
  readonly observing: Observing;
  readonly caller: RoleCaller;
  plans(): Plans | null;
  readonly now: () => MonoMs;
  readonly tell: (input: Input) => void;
  notify(effect: Extract<Effect, { kind: 'notify' }>): void;
  answer(effect: Extract<Effect, { kind: 'answer' }>): void;
  quit(leaveRunning: boolean): void;
  /** A start, or an end: rotation and the checks of files follow. */
  running(service: RunService, instance: string | null): void;
}

/** How long a signal may wait for a handler: earlier it would end the process instead. */
const handlerWithinMs = 2000;
/** A kill is over within the least room that a lease leaves (50 ms): the keeper has part of it. */
const keeperKillsWithinMs = 20;

/** Begins to carry out one effect. */
export function carryOut(effect: Effect, state: State, hands: Hands): void {
  const { keeper, tell } = hands;
  const service = 'service' in effect ? runService(state, effect.service) : null;
  switch (effect.kind) {
    case 'store':
      void hands.store
        .txn(effect.compares, effect.puts, effect.timeoutMs)
        .then((answer) => tell({ kind: 'storeOutcome', id: effect.id, answer }));
      break;
    case 'start':
      if (service !== null) void start(effect, service, hands);
      break;
    case 'stop':
      void keeper
        .stop({ instance: effect.instance, signal: effect.signal, forcedAfter: effect.forcedAfter })
        .then((answer) => outcome(effect.id, answer, hands));
      break;
    case 'kill':
      void kill(effect, processOf(state, effect.instance), hands);
      break;
    case 'activate':
      if (service !== null) void activate(effect, service, processOf(state, effect.instance)?.pid ?? null, hands);
      break;
    case 'deactivate':
      if (service !== null) void deactivate(effect, service, hands);
      break;
    case 'extend':
      void keeper.extend(effect.instances.map(({ instance, term }) => ({ instance, term, deadline: effect.until })));
      break;
    case 'observe':
      if (service !== null)
        hands.observing.observe(effect.instance, untilKnown(service, hands), () =>
          observe(effect, service, state.slots.get(effect.service)?.now ?? null, hands),
        );
      break;
    case 'awaitActive':
      hands.observing.awaitActive(effect.instance);
      break;
    case 'unobserve':
      hands.observing.unobserve(effect.instance);
      break;
    case 'forget':
      void keeper.forget({ instance: effect.instance });
      break;
    case 'askPromise':
      hands.peers.ask(effect.hosts, effect.ask, effect.epoch);
      break;
    case 'answerPromise':
      hands.peers.answer(effect.to, effect.ask, effect.given);
      break;
    case 'fence':
      void fenceHost(effect, runCommand).then((outcome) =>
        tell({ kind: 'outcome', id: effect.id, outcome, at: hands.now() }),
      );
      break;
    case 'report':
      hands.peers.report(effect.report);
      break;
    case 'notify':
      hands.notify(effect);
      break;
    case 'answer':
      hands.answer(effect);
      break;
    case 'quit':
      hands.quit(effect.leaveRunning);
      break;
    default:
      effect satisfies never;
  }
}

function runService(state: State, name: string): RunService | null {
  const retired = state.retired.get(name);
  if (retired !== undefined) return retired;
  const service = state.system === null ? undefined : serviceByName(state.system.services, name);
  return service?.kind === 'run' ? service : null;
}

function processOf(state: State, instance: string): MainProcess | null {
  for (const { now } of state.slots.values())
    if (now?.id === instance) return now.pid === null ? null : { pid: now.pid, startTicks: now.startTicks };
  return null;
}

function outcome(id: number, answer: KeeperAnswer<unknown>, hands: Hands): void {
  hands.tell({ kind: 'outcome', id, outcome: outcomeOf(answer), at: hands.now() });
}

function outcomeOf(answer: KeeperAnswer<unknown>): Outcome {
  switch (answer.kind) {
    case 'done':
      return { kind: 'done' };
    case 'failed':
      return { kind: 'failed', why: answer.why };
    case 'unknown':
      return { kind: 'unknown', why: answer.why };
    default:
      return answer satisfies never;
  }
}

async function start(effect: Extract<Effect, { kind: 'start' }>, service: RunService, hands: Hands): Promise<void> {
  const plans = hands.plans();
  if (plans === null) return;
  const { instance } = effect;
  const unread = service.envFile === null ? null : await plans.refresh(service);
  const { unknownNames } = plans.plan(service);
  const why =
    unread ??
    (unknownNames.length === 0
      ? null
      : `${unknownNames.map((name) => `\${${name}}`).join(', ')} cannot be filled in: ${service.envFile ?? 'nothing'} does not say what ${unknownNames.length === 1 ? 'it is' : 'they are'}`);
  if (why !== null) {
    hands.tell({ kind: 'startOutcome', id: effect.id, outcome: { kind: 'failed', why }, running: null });
    return;
  }
  hands.running(service, instance);
  await hands.observer.starting(plans.observe(service, { instance, pid: 0, startTicks: 0, startedAt: null }));
  const answer = await hands.keeper.start(plans.start(service, effect));
  const running = answer.kind === 'done' ? { ...answer.value } : null;
  hands.tell({ kind: 'startOutcome', id: effect.id, outcome: outcomeOf(answer), running });
}

function observe(
  effect: Extract<Effect, { kind: 'observe' }>,
  service: RunService,
  known: Instance | null,
  hands: Hands,
): void {
  const plans = hands.plans();
  if (plans === null) return;
  hands.running(service, effect.instance);
  const startedAt = known?.id === effect.instance ? known.startedAt : null;
  hands.observer.observe(plans.observe(service, { ...effect, startedAt }));
  if (service.ready !== null) return;
  // Without a way to ask, it is ready when it exists; one that is activated by a signal, when it would bear it.
  const { activate } = service;
  const ready = (): void =>
    hands.tell({ kind: 'seen', seen: [{ kind: 'ready', instance: effect.instance, at: hands.now() }] });
  if (activate?.kind === 'signal') void waitUntilCaught(effect.pid, activate.signal, handlerWithinMs).then(ready);
  else ready();
}

/** Through the keeper, and by our own hand when it does not say at once that it did: it may be stopped, and then keeps no deadline either. */
async function kill(
  effect: Extract<Effect, { kind: 'kill' }>,
  process: MainProcess | null,
  hands: Hands,
): Promise<void> {
  const byHand = setTimeout(() => hands.ownHand.kill(effect.instance, process), keeperKillsWithinMs);
  const answer = await hands.keeper.kill({ instance: effect.instance });
  clearTimeout(byHand);
  if (answer.kind !== 'done') hands.ownHand.kill(effect.instance, process);
  // Only one that the keeper does not know has ended for certain: any other refusal says nothing of it.
  const unsure = answer.kind === 'failed' && answer.code !== refusalCodes.noSuchInstance;
  outcome(effect.id, unsure ? { kind: 'unknown', why: answer.why } : answer, hands);
}

/** The keeper arms, writes the role and sends the signal; every other call is made here, after that. */
async function activate(
  effect: Extract<Effect, { kind: 'activate' }>,
  service: RunService,
  pid: number | null,
  hands: Hands,
): Promise<void> {
  const reading = untilKnown(service, hands);
  if (reading !== null) await reading;
  const call = roleCall(service, service.activate, hands);
  const signal = call.kind === 'signal' ? call.signal : null;
  // Waiting must not use up the time that the activation itself has.
  const withinMs = Math.max(0, Math.min(handlerWithinMs, between(hands.now(), effect.deadline) / 2));
  if (signal !== null && pid !== null) await waitUntilCaught(pid, signal, withinMs);
  const armed = await hands.keeper.activate({
    instance: effect.instance,
    term: effect.term,
    deadline: effect.deadline,
    signal,
    route: service.route,
  });
  if (armed.kind !== 'done' || call.kind === 'signal') {
    hands.tell({
      kind: 'outcome',
      id: effect.id,
      outcome: outcomeOf(armed),
      at: armed.kind === 'done' ? armed.value.activatedAt : hands.now(),
    });
    return;
  }
  const answer = await make(
    call,
    service,
    { instance: effect.instance, role: 'active', term: effect.term, withinMs: service.active?.within ?? usualCallMs },
    hands,
  );
  called(effect.id, answer, hands);
}

/** Done means that the service confirmed it; only then is the deadline disarmed. */
async function deactivate(
  effect: Extract<Effect, { kind: 'deactivate' }>,
  service: RunService,
  hands: Hands,
): Promise<void> {
  const reading = untilKnown(service, hands);
  if (reading !== null) await reading;
  const call = roleCall(service, service.deactivate, hands);
  const told = await hands.keeper.deactivate({
    instance: effect.instance,
    term: effect.term,
    role: effect.role,
    signal: call.kind === 'signal' ? call.signal : null,
  });
  if (told.kind !== 'done') return outcome(effect.id, told, hands);
  if (call.kind === 'signal')
    return called(effect.id, { kind: 'unknown', why: 'a bare signal confirms nothing' }, hands);
  const answer = await make(
    call,
    service,
    { instance: effect.instance, role: effect.role, term: effect.term, withinMs: effect.withinMs },
    hands,
  );
  if (answer.kind !== 'done') return called(effect.id, answer, hands);
  const disarmed = await hands.keeper.disarm({ instance: effect.instance, term: effect.term });
  if (disarmed.kind !== 'done') return outcome(effect.id, disarmed, hands);
  called(effect.id, answer, hands);
}

/** Where it is called may stand in its `envFile`, which an agent that took it up has yet to read. */
function untilKnown(service: RunService, hands: Hands): Promise<void> | null {
  return hands.plans()?.untilKnown(service) ?? null;
}

/** How long a call may take when the description does not say. */
const usualCallMs = 5000;

/** Where nothing is declared the service learns its role from the role file and the socket, and nothing is waited for. */
function roleCall(service: RunService, declared: RoleCall | null, hands: Hands): RoleCall | { readonly kind: 'none' } {
  if (declared === null) return { kind: 'none' };
  const plan = hands.plans()?.plan(service);
  const call = declared === service.activate ? plan?.activate : plan?.deactivate;
  return call ?? declared;
}

async function make(
  call: Exclude<RoleCall, { kind: 'signal' }> | { readonly kind: 'none' },
  service: RunService,
  about: { instance: string; role: Role; term: number; withinMs: number },
  hands: Hands,
): Promise<CallAnswer> {
  const plan = hands.plans()?.plan(service);
  if (call.kind === 'none' || plan === undefined) return { kind: 'done', at: hands.now() };
  return await hands.caller.call({
    instance: about.instance,
    call,
    dir: plan.dir,
    env: {
      ...plan.env,
      STANDFAST_ROLE: about.role,
      STANDFAST_TERM: String(about.term),
      STANDFAST_INSTANCE: about.instance,
    },
    user: service.user,
    group: service.group,
    within: ms(about.withinMs),
  });
}

function called(id: number, answer: CallAnswer, hands: Hands): void {
  hands.tell({
    kind: 'outcome',
    id,
    outcome: answer.kind === 'done' ? { kind: 'done' } : answer,
    at: answer.kind === 'done' ? answer.at : hands.now(),
  });
}
