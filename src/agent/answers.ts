// What the agent's socket answers, from the state of the loop.

import type { ConsoleAnswers } from '../api-web.ts';
import type { AgentAnswers, FailoverView, IntentAnswer, IntentRequest, RoleView } from '../api.ts';
import type { PersonAnswer } from '../decide/effect.ts';
import type { Input, PersonRequest, Seen } from '../decide/input.ts';
import type { State } from '../decide/state.ts';
import { formatOf } from '../model/format.ts';
import { isLeased, serviceNamed, type System } from '../model/system.ts';
import { ms, type Now } from '../model/units.ts';
import type { MessageDesk } from '../act/message-desk.ts';
import type { DescriptionRecord, IntentVerb } from '../decide/records.ts';
import { foundOf } from './found-view.ts';
import { previewOf } from './preview.ts';
import { intentViews, statusOf } from './view.ts';

interface Desk {
  /** All but what is asked about runbooks. */
  readonly answers: Omit<AgentAnswers, 'runbooks' | 'elsewhere'>;
  /** The core has answered a person. */
  answered(request: number, answer: PersonAnswer): void;
  /** Something that people see may have changed. */
  changed(): void;
}

/** A person is answered within this time in any case. */
const answerWithinMs = 10_000;
const changesEveryMs = 50;
/** Telling everybody how it stands takes at most a twentieth of the agent's time. */
const changesShare = 20;

/** Makes the answers. */
export function openDesk(options: {
  readonly state: () => State;
  readonly now: () => Now;
  readonly tell: (input: Input) => void;
  storeKind: string;
  messages: MessageDesk;
  readonly failovers: () => Promise<readonly FailoverView[]>;
  /** When each detector of this host looked last. */
  readonly looks: () => Readonly<Record<string, number>>;
  readonly description: () => DescriptionRecord | null;
  /** Why the store that a description names is not the one in use; null: it is. */
  whyNotSameStore(described: System): Promise<string | null>;
  /** A system is to go down: its other agents on this machine hear it too. */
  spreadDown(leaveRunning: boolean): void;
  readonly console: Omit<ConsoleAnswers, 'preview'>;
}): Desk {
  const { state, now, tell } = options;
  const waiting = new Map<number, (answer: PersonAnswer) => void>();
  const listeners = new Set<() => void>();
  let requests = 0;
  let timer: NodeJS.Timeout | null = null;
  let seen: Seen[] = [];
  let pauseMs = changesEveryMs;

  const ask = (asks: PersonRequest, owner: string, why: string): Promise<PersonAnswer> =>
    new Promise((resolve) => {
      requests += 1;
      const request = requests;
      const late = setTimeout(() => {
        waiting.delete(request);
        resolve({
          ok: false,
          code: 'SF-507',
          why: 'it took too long to find out whether it was done',
          next: 'Look before you ask again: standfast intents',
        });
      }, answerWithinMs);
      waiting.set(request, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      tell({ kind: 'person', request, owner, why, asks });
    });

  /** Beats of one turn of the event loop make one input. */
  const saw = (each: Seen): void => {
    if (seen.length === 0)
      setImmediate(() => {
        const all = seen;
        seen = [];
        tell({ kind: 'seen', seen: all });
      });
    seen.push(each);
  };
  const isHere = (instance: string): boolean => {
    const at = instance.lastIndexOf('@');
    return at > 0 && state().slots.get(instance.slice(0, instance.indexOf('@')))?.now?.id === instance;
  };

  const answers: Desk['answers'] = {
    status() {
      const status = statusOf(state(), now(), options.storeKind);
      if (status === null) throw new Error('no description is known yet');
      return status;
    },
    failovers: options.failovers,
    found: () => foundOf(state(), options.looks()),
    intents: () => intentViews(state(), now().wall),
    async intend(request) {
      const asks = asksOf(request);
      if (asks.kind === 'down') options.spreadDown(asks.leaveRunning);
      return await ask(asks, request.owner, request.why);
    },
    async apply(request) {
      const { text, folder, file } = request;
      const { readDescription } = await import('../model/read.ts');
      const { system, errors } = readDescription({ text, folder, file });
      if (system === null)
        return {
          ok: false,
          code: 'SF-420',
          why: `the agent of ${state().me} cannot read it: ${errors[0]?.message ?? 'unknown reason'}`,
          next: 'standfast check PATH; is that agent of an older version?',
        };
      const another = await options.whyNotSameStore(system);
      if (another !== null)
        return {
          ok: false,
          code: 'SF-423',
          why: `seen from host ${state().me}, the store that it names is not the one in use: ${another}`,
          next: 'Name members of the etcd in use, new ones beside the old. To another store: standfast down, then as docs/store.md says.',
        };
      const description = { text, folder, file, hash: system.hash, format: formatOf(system) };
      const asks: PersonRequest = { kind: 'apply', description, system, revision: request.revision };
      return await ask(asks, request.owner, request.why);
    },
    async ack(incident, owner) {
      return (await ask({ kind: 'ack', incident }, owner, '')).ok;
    },
    role(instance) {
      return isHere(instance) ? roleOf(state(), instance, now()) : null;
    },
    heartbeat(instance) {
      if (!isHere(instance)) return false;
      saw({ kind: 'beat', instance, at: now().mono });
      return true;
    },
    saidStatus(instance, said) {
      if (!isHere(instance)) return false;
      saw({
        kind: 'status',
        instance,
        at: now().mono,
        status: said.status,
        subsystems: said.subsystems,
        why: null,
        behindMs: said.behindMs ?? null,
      });
      return true;
    },
    confirm(instance, confirmed) {
      if (!isHere(instance)) return false;
      options.messages.confirmed(instance, confirmed.role, confirmed.term);
      return true;
    },
    async takeover(instance): Promise<IntentAnswer> {
      const service = instance.slice(0, instance.indexOf('@'));
      return await ask(
        { kind: 'intent', verb: 'takeover', service, host: state().me, acceptLoss: false, keep: false, forMs: null },
        instance.slice(0, instance.indexOf('#')),
        'the standby asks to take over',
      );
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    description() {
      const description = options.description();
      return {
        text: description?.text ?? '',
        folder: description?.folder ?? '',
        file: description?.file ?? '',
        hash: description?.hash ?? '',
        revision: state().described?.revision ?? null,
      };
    },
    console: {
      ...options.console,
      preview: (request) => previewOf(state(), now(), asksOf(request)),
    },
  };
  return {
    answers,
    answered(request, answer) {
      waiting.get(request)?.(answer);
      waiting.delete(request);
    },
    changed() {
      if (listeners.size === 0) return;
      timer ??= setTimeout(() => {
        timer = null;
        const began = now().mono;
        for (const listener of listeners) listener();
        pauseMs = Math.max(changesEveryMs, changesShare * (now().mono - began));
      }, pauseMs);
    },
  };
}

function asksOf(request: IntentRequest): PersonRequest {
  switch (request.kind) {
    case 'maintenance':
    case 'ban':
      if (request.end === true)
        return { kind: 'end', verb: request.kind, service: request.service, host: request.host };
      return intentOf(request, request.kind);
    case 'restart':
    case 'stop':
    case 'start':
    case 'failover':
    case 'pause':
      return intentOf(request, request.kind);
    case 'fence':
      return { kind: 'fence', host: request.host ?? '', confirm: request.confirm ?? false };
    case 'resume':
      return { kind: 'end', verb: 'pause', service: request.service, host: null };
    case 'down':
      return { kind: 'down', leaveRunning: request.leaveRunning ?? false };
    default:
      return request.kind satisfies never;
  }
}

function intentOf(request: IntentRequest, verb: IntentVerb): PersonRequest {
  return {
    kind: 'intent',
    verb,
    service: request.service,
    host: request.host,
    acceptLoss: request.acceptLoss,
    keep: request.keep ?? false,
    forMs: request.forMs === null ? null : ms(request.forMs),
  };
}

function roleOf(state: State, id: string, now: Now): RoleView | null {
  for (const slot of state.slots.values()) {
    if (slot.now?.id !== id) continue;
    const service = state.system === null ? undefined : serviceNamed(state.system, slot.service);
    const leased = service !== undefined && isLeased(service);
    if (!leased) return { role: 'active', term: 0, validForMs: null };
    const { role, term } = slot.now;
    // What is being ended under an epoch or a term that is over must not take the present session for its own.
    const lease = state.leases.get(slot.service)?.value;
    const covered = lease?.host === state.me && lease.epoch === state.own.epoch && lease.term === term;
    const until = covered ? state.own.validUntil : null;
    return {
      role,
      term,
      validForMs: role === 'active' ? (until === null ? 0 : Math.max(0, Math.floor(until - now.mono))) : 0,
    };
  }
  return null;
}
