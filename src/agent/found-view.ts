// What detectors see, on every host that can be heard: also what calls nobody, such as changes.

import type { FoundView } from '../api.ts';
import type { State } from '../decide/state.ts';
import { pacesIn } from '../model/pace.ts';

/** `looks`: when each detector of this host looked last, Unix ms. */
export function foundOf(state: State, looks: Readonly<Record<string, number>>): FoundView {
  return {
    hosts: (state.system?.hosts ?? []).map(({ name }) => {
      const own = name === state.me;
      const report = own ? null : (state.reports.get(name)?.report ?? null);
      return {
        host: name,
        asOfMs: own ? Math.max(0, ...Object.values(looks)) || null : (report?.atMs ?? null),
        looks: own ? looks : null,
        heldBack: pacesIn(own ? state.facts : (report?.facts ?? {})),
        found: (own ? state.findings : (report?.findings ?? [])).map((each) => ({ ...each })),
      };
    }),
  };
}
