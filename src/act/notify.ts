// Sends what becomes of incidents to the targets of the description: a webhook or a command. What is not taken is sent again
// with growing pauses for ten minutes. One incident's messages reach a target in their order; other incidents do not wait.
// Does not cover: an agent that ends meanwhile; what it had not yet sent is lost (the incident itself is not).

import type { FaultSeverity, NotifyTarget } from '../model/system.ts';
import { type MonoMs, ms } from '../model/units.ts';
import type { RunCommand } from '../ports.ts';
import { send } from './post.ts';

/** What is sent, as JSON: the event, the system's name and the incident with all its fields. */
export interface Notification {
  readonly event: 'opened' | 'worsened' | 'resolved';
  readonly system: string;
  readonly incident: NotifiedIncident;
}

/** The fields that are used here; whatever else the incident has is sent along. */
interface NotifiedIncident {
  readonly id: string;
  /** Of a resolved incident the gravest it had. */
  readonly severity: FaultSeverity;
  readonly service: string | null;
  readonly instance: string | null;
  readonly host: string | null;
  readonly cause: string;
  readonly impact: string;
  readonly next: string;
  readonly sinceMs: number;
}

/** What became of one message to one target. */
export type NotifyResult =
  | {
      readonly kind: 'sent';
      readonly target: string;
      readonly incident: string;
      readonly event: string;
      readonly tries: number;
    }
  /** Given up: refused for good, no success for ten minutes, or too many waiting. */
  | {
      readonly kind: 'lost';
      readonly target: string;
      readonly incident: string;
      readonly event: string;
      readonly tries: number;
      readonly why: string;
    };

/** Tells the targets of one description. */
export interface Notifier {
  /** Takes it into the queue of every target that wants this severity and is not among `had` (by what `NotifyResult` calls it). Never throws. */
  send(notification: Notification, had?: readonly string[]): void;
  /** Gives up what is not yet sent. */
  close(): void;
}

const answerWithinMs = 5000;
const commandWithinMs = 30_000;
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
const giveUpAfterMs = 10 * 60_000;
const mostWaiting = 1000;
const atOnce = 4;

type Tried = { readonly kind: 'taken' } | { readonly kind: 'again' | 'refused'; readonly why: string };

/** Opens the notifier. `dir` and `env` are for commands; `onResult` hears of each message, the very object that was sent, and target once. */
export function openNotifier(options: {
  targets: readonly NotifyTarget[];
  dir: string;
  env: Readonly<Record<string, string>>;
  now: () => MonoMs;
  runCommand: RunCommand;
  onResult: (result: NotifyResult, notification: Notification) => void;
}): Notifier {
  const closing = new AbortController();
  const queues = options.targets.map((target) => ({
    target,
    take: openQueue(target, options, closing.signal),
  }));
  return {
    send(notification, had = []) {
      for (const { target, take } of queues) if (isFor(target, notification, had)) take(notification);
    },
    close() {
      closing.abort();
    },
  };
}

type Options = Parameters<typeof openNotifier>[0];

/** One target: lanes by incident, a few of them at work at once. */
function openQueue(target: NotifyTarget, options: Options, closing: AbortSignal): (notification: Notification) => void {
  const lanes = new Map<string, Notification[]>();
  const busy = new Set<string>();
  let waiting = 0;

  const work = (): void => {
    for (const [id, lane] of lanes) {
      if (busy.size >= atOnce) return;
      if (busy.has(id)) continue;
      const next = lane.shift();
      if (next === undefined) {
        lanes.delete(id);
        continue;
      }
      waiting -= 1;
      busy.add(id);
      void deliver(target, next, options, closing).then((result) => {
        busy.delete(id);
        if (closing.aborted) return;
        options.onResult(result, next);
        work();
      });
    }
  };
  return (notification) => {
    const { id } = notification.incident;
    if (closing.aborted) return;
    if (waiting >= mostWaiting) {
      const why = `${mostWaiting} others are waiting`;
      options.onResult({ kind: 'lost', ...about(target, notification), tries: 0, why }, notification);
      return;
    }
    const lane = lanes.get(id) ?? [];
    lane.push(notification);
    lanes.set(id, lane);
    waiting += 1;
    work();
  };
}

async function deliver(
  target: NotifyTarget,
  notification: Notification,
  options: Options,
  closing: AbortSignal,
): Promise<NotifyResult> {
  const until = options.now() + giveUpAfterMs;
  for (let tries = 1, pause = firstPauseMs; ; tries++, pause = Math.min(longestPauseMs, pause * 2)) {
    const tried = await put(target, notification, options, closing);
    if (tried.kind === 'taken') return { kind: 'sent', ...about(target, notification), tries };
    if (tried.kind === 'refused' || closing.aborted || options.now() + pause > until)
      return { kind: 'lost', ...about(target, notification), tries, why: tried.why };
    await rest(pause, closing);
  }
}

async function put(
  target: NotifyTarget,
  notification: Notification,
  options: Options,
  closing: AbortSignal,
): Promise<Tried> {
  const body = JSON.stringify(notification);
  switch (target.kind) {
    case 'webhook': {
      const headers = { 'idempotency-key': keyOf(notification) };
      const posted = await send('POST', target.url, { body, headers, within: answerWithinMs, signal: closing });
      if (posted.kind !== 'answered') return { kind: 'again', why: posted.why };
      const { code } = posted;
      if (code >= 200 && code < 300) return { kind: 'taken' };
      const why = `HTTP ${code}${posted.text === '' ? '' : `: ${posted.text}`}`;
      return { kind: code >= 500 || code === 429 || code === 408 ? 'again' : 'refused', why };
    }
    case 'command': {
      const end = await options.runCommand({
        command: { kind: 'argv', argv: target.argv },
        dir: options.dir,
        env: { ...options.env, ...environment(notification) },
        user: null,
        group: null,
        input: body,
        within: ms(commandWithinMs),
        signal: closing,
      });
      switch (end.kind) {
        case 'ended':
          return end.code === 0
            ? { kind: 'taken' }
            : { kind: 'again', why: end.code === null ? `ended by ${end.signal ?? 'a signal'}` : `exit ${end.code}` };
        case 'timedOut':
          return { kind: 'again', why: `did not end within ${commandWithinMs / 1000} s` };
        case 'notStarted':
          return { kind: 'again', why: end.why };
        default: {
          const never: never = end;
          return never;
        }
      }
    }
    default: {
      const never: never = target;
      return never;
    }
  }
}

/** The same for each try of one message. An incident may worsen more than once, so its severity belongs to that key. */
function keyOf({ event, incident }: Notification): string {
  return event === 'worsened' ? `${incident.id}:${event}:${incident.severity}` : `${incident.id}:${event}`;
}

function environment({ event, system, incident }: Notification): Record<string, string> {
  const said: Record<string, string | number | null> = {
    ID: incident.id,
    EVENT: event,
    SEVERITY: incident.severity,
    SERVICE: incident.service,
    INSTANCE: incident.instance,
    HOST: incident.host,
    CAUSE: incident.cause,
    IMPACT: incident.impact,
    NEXT: incident.next,
    SINCE_MS: incident.sinceMs,
  };
  const named = Object.entries(said).map(([name, value]): [string, string] => [
    `STANDFAST_INCIDENT_${name}`,
    value === null ? '' : String(value),
  ]);
  return { ...Object.fromEntries(named), STANDFAST_SYSTEM: system };
}

/** True when the target wants this severity and is not among `had` (by what `NotifyResult` calls it). */
export function isFor(target: NotifyTarget, { incident }: Notification, had: readonly string[]): boolean {
  return incident.severity <= target.from && !had.includes(targetName(target));
}

/** What tells a target from the others: its URL, or its command. */
function targetName(target: NotifyTarget): string {
  return target.kind === 'webhook' ? target.url : target.argv.join(' ');
}

function about(
  target: NotifyTarget,
  { event, incident }: Notification,
): { target: string; incident: string; event: string } {
  return { target: targetName(target), incident: incident.id, event };
}

function rest(pause: number, closing: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      closing.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, pause);
    closing.addEventListener('abort', end, { once: true });
  });
}
