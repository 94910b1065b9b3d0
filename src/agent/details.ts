// What pages show that no status has: measured times, checks with their recent answers, outages.

import type { CheckView, DetailsView, MeasuredView } from '../api-web.ts';
import type { CheckState } from '../decide/slot.ts';
import type { State } from '../decide/state.ts';
import type { Now } from '../model/units.ts';

/** How many answers of a check are kept for people to look at. */
const mostRecent = 60;

interface Details {
  /** After every step: notes answers of checks that are new. */
  stepped(state: State): void;
  view(state: State, now: Now): Omit<DetailsView, 'figures' | 'journal'>;
}

/** Keeps the recent answers of checks; the core knows only the last. */
export function openDetails(now: () => Now): Details {
  const recent = new Map<string, { at: number; atMs: number; result: CheckState['result'] }[]>();
  let slots: State['slots'] | null = null;
  let externals: State['externals'] | null = null;

  const note = (key: string, check: CheckState, present: Now): void => {
    const known = recent.get(key) ?? [];
    if (known.at(-1)?.at === check.at) return;
    if (known.length === 0) recent.set(key, known);
    known.push({ at: check.at, atMs: wallAt(check, present), result: check.result });
    if (known.length > mostRecent) known.shift();
  };

  return {
    stepped(state) {
      // Most steps change neither, and then both are the very same maps.
      if (state.slots === slots && state.externals === externals) return;
      const present = now();
      if (state.slots !== slots)
        // Each step of hundreds of services comes by here: no entries are made of a map that is only looked through.
        state.slots.forEach((slot, name) => {
          if (slot.now === null || slot.now.checks.size === 0 || slot === slots?.get(name)) return;
          for (const [check, last] of slot.now.checks) note(`${name} ${check}`, last, present);
        });
      if (state.externals !== externals)
        for (const [name, external] of state.externals)
          if (external !== externals?.get(name))
            for (const [check, last] of external.checks) note(`${name} ${check}`, last, present);
      slots = state.slots;
      externals = state.externals;
    },
    view(state, present) {
      const shown = (service: string, checks: ReadonlyMap<string, CheckState>): CheckView[] =>
        [...checks].map(([check, last]) => ({
          service,
          host: state.me,
          check: last.shownAs ?? check,
          result: last.result,
          text: last.text,
          atMs: wallAt(last, present),
          failures: last.failures,
          recent: (recent.get(`${service} ${check}`) ?? []).map(({ atMs, result }) => ({ atMs, result })),
        }));
      return {
        host: state.me,
        measured: measured(state),
        checks: [
          ...[...state.slots.values()].flatMap((slot) =>
            slot.now === null ? [] : shown(slot.service, slot.now.checks),
          ),
          ...[...state.externals].flatMap(([name, external]) => shown(name, external.checks)),
        ],
        outages: outages(state),
      };
    },
  };
}

function wallAt(check: CheckState, now: Now): number {
  return Math.round(now.wall - (now.mono - check.at));
}

/** Of every host, as it last reported. */
function measured(state: State): MeasuredView[] {
  const own = state.lastReport === null ? [] : [{ host: state.me, report: state.lastReport }];
  const others = [...state.reports]
    .filter(([host]) => host !== state.me)
    .map(([host, { report }]) => ({ host, report }));
  return [...own, ...others].flatMap(({ host, report }) =>
    report.instances.map(({ service, bMs, iMs, switchMs }) => ({ service, host, bMs, iMs, switchMs })),
  );
}

/** Those that are over, of all hosts, and those that last. */
function outages(state: State): DetailsView['outages'] {
  const reports = [state.lastReport, ...[...state.reports.values()].map((each) => each.report)];
  const over = reports.flatMap((report) => report?.outages ?? []);
  const lasting = [...state.slots.values()].flatMap(({ service, recovery }) =>
    recovery !== null && state.usable.get(service) !== true
      ? [{ service, fromMs: recovery.endedAtMs, toMs: null }]
      : [],
  );
  return [...over, ...lasting];
}
