// "What will happen", for the second of the two steps of a button: the agent says whether its rules allow it, the times measured lately say how long
// consumers would go without. What was never measured is said to be unknown.

import type { ActionPreview, ConsoleStatus, DetailsView, MeasuredView } from '../../api-web.ts';
import type { IntentAnswer, IntentRequest, ServiceView } from '../../api.ts';

type Asked = Pick<IntentRequest, 'kind' | 'service' | 'host' | 'forMs'>;
type Gap = readonly [least: number, most: number];

/** Only recent times count, as in the core. */
const recent = 10;

/** `answer`: what the agent would say. What would come of it follows from what the details say was measured. */
export function foreseen(
  asked: Asked,
  answer: IntentAnswer,
  status: ConsoleStatus | null,
  details: readonly DetailsView[],
): ActionPreview {
  if (!answer.ok) return { answer, will: null, gapMs: null, active: null };
  const service = status?.services.find((each) => each.name === asked.service) ?? null;
  const measured = details.flatMap((each) => each.measured).filter((each) => each.service === asked.service);
  const { will, gapMs, active } = effectOf(asked, service, measured);
  return { answer, will, gapMs, active };
}

interface Effect {
  readonly will: string;
  readonly gapMs: Gap | null;
  readonly active: string | null;
}

function effectOf(asked: Asked, service: ServiceView | null, measured: readonly MeasuredView[]): Effect {
  const name = asked.service ?? 'every service';
  const until = asked.forMs === null ? '' : ` for ${words(asked.forMs)}`;
  const of = (will: string, gapMs: Gap | null = null, active: string | null = null): Effect => ({
    will,
    gapMs,
    active,
  });
  switch (asked.kind) {
    case 'failover': {
      const next = asked.host ?? nextActive(service);
      const gap = next === null ? null : moveGap(service, next, measured);
      const who = next === null ? `${name} moves to the best host that can take it` : `${next} becomes active`;
      return of(`${who}${within(gap)}; ${unserved(gap)}.`, gap, next);
    }
    case 'restart': {
      const hosts = asked.host === null ? (service?.instances ?? []).map((each) => each.host) : [asked.host];
      const others = (service?.active ?? []).filter((host) => !hosts.includes(host));
      const hot = service?.policy === 'hot-active/hot-active';
      const takesOver =
        service !== null && asked.host !== null && service.active.includes(asked.host) ? nextActive(service) : null;
      if (others.length > 0 && (hot || asked.host !== null))
        return of(
          `${name} is stopped and started on ${hosts.join(', ')}; it stays active on ${others.join(', ')}.`,
          [0, 0],
        );
      if (takesOver !== null) {
        const gap = moveGap(service, takesOver, measured);
        return of(
          `${name} is stopped and started on ${hosts.join(', ')}; ${takesOver} may take over meanwhile; ${unserved(gap)}.`,
          gap,
        );
      }
      const active = service?.active[0] ?? hosts[0] ?? null;
      const gap = active === null ? null : startGap(active, measured);
      return of(
        `${name} is stopped in order and started again on ${hosts.join(', ') || 'its hosts'}; ${unserved(gap)}, and as long as it takes to stop.`,
        gap,
      );
    }
    case 'stop':
      return of(
        `${name}${asked.host === null ? '' : ` on ${asked.host}`} is stopped in order and stays down${until === '' ? ' until somebody starts it' : until}.`,
      );
    case 'start':
      return of(`${name}${asked.host === null ? '' : ` on ${asked.host}`} is started; a stop that keeps it down ends.`);
    case 'pause':
      return of(
        `Standfast watches ${name} and does nothing about it${until === '' ? ' for 1 h' : until}: no restart, no failover.`,
      );
    case 'resume':
      return of(`Standfast acts on ${name} again.`);
    case 'maintenance':
      return of(`${asked.host ?? 'the host'} gives up what is active there to other hosts, and takes nothing${until}.`);
    case 'ban':
      return of(`${asked.host ?? 'the host'} takes ${asked.service ?? 'no service'} over no more${until}.`);
    case 'fence':
      return of(`What ${asked.host ?? 'the host'} was the last to hold is taken over once it is confirmed off.`);
    case 'down':
      return of('Everything is stopped, and the agents end.');
    default:
      return asked.kind satisfies never;
  }
}

/** The first that stands ready, in the order of the description; the agent's own choice may know better, and its answer counts. */
function nextActive(service: ServiceView | null): string | null {
  const order = ['standby', 'passive', 'down'] as const;
  for (const phase of order) {
    const found = service?.instances.find((each) => each.phase === phase && each.severity === 0);
    if (found !== undefined) return found.host;
  }
  return null;
}

/** Deactivate, switch, and what the next one still needs: boot when it does not run, load when it holds no state. */
function moveGap(service: ServiceView | null, host: string, measured: readonly MeasuredView[]): Gap | null {
  const its = historyOf(host, measured);
  const phase = service?.instances.find((each) => each.host === host)?.phase;
  if (service === null) return null;
  const s = range(its.switchMs);
  const b = phase === 'down' ? range(its.bMs) : ([0, 0] as const);
  const i =
    phase === 'standby' && service.policy === 'hot-active/warm-active' ? (range(its.iMs) ?? [0, 0]) : range(its.iMs);
  return s === null || b === null || i === null ? null : [s[0] + b[0] + i[0], s[1] + b[1] + i[1]];
}

function startGap(host: string, measured: readonly MeasuredView[]): Gap | null {
  const its = historyOf(host, measured);
  const b = range(its.bMs);
  if (b === null) return null;
  const i = range(its.iMs) ?? [0, 0];
  return [b[0] + i[0], b[1] + i[1]];
}

/** What was never measured on this host is taken from the others. */
function historyOf(host: string, measured: readonly MeasuredView[]): Pick<MeasuredView, 'bMs' | 'iMs' | 'switchMs'> {
  const its = measured.find((each) => each.host === host);
  const of = (key: 'bMs' | 'iMs' | 'switchMs'): readonly number[] =>
    its !== undefined && its[key].length > 0 ? its[key] : measured.flatMap((each) => each[key]);
  return { bMs: of('bMs'), iMs: of('iMs'), switchMs: of('switchMs') };
}

function range(times: readonly number[]): Gap | null {
  const last = times.slice(-recent);
  return last.length === 0 ? null : [Math.min(...last), Math.max(...last)];
}

function within(gap: Gap | null): string {
  return gap === null ? '' : ` within about ${words(gap[1])}`;
}

function unserved(gap: Gap | null): string {
  if (gap === null) return 'how long consumers go without it was never measured';
  if (gap[1] < 1) return 'consumers notice nothing';
  return gap[1] - gap[0] < 1
    ? `consumers go without it for about ${words(gap[1])}`
    : `consumers go without it for ${words(gap[0])} to ${words(gap[1])}`;
}

function words(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
