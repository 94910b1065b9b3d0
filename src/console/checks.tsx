// The checks of a service: what each says, and said before.

import type { CheckView, GapView } from '../api-web.ts';
import { Shape } from './marks.tsx';
import { Said } from './said.tsx';
import { NotFrom } from './states.tsx';
import { At } from './times.tsx';

const results = {
  ok: ['stands', 'text-good'],
  warning: ['starting', 'text-note'],
  critical: ['failed', 'text-bad'],
  unknown: ['unknown', 'text-warn'],
} as const;

/** `missing`: hosts whose checks could not be had. */
export function Checks({
  checks,
  missing,
}: {
  readonly checks: readonly CheckView[];
  readonly missing: readonly GapView[];
}) {
  return (
    <section aria-labelledby="checks" className="panel grid gap-3">
      <h2 id="checks">Checks</h2>
      {checks.length === 0 ? (
        <p className="text-dim">{missing.length === 0 ? 'None are described.' : 'None are known here.'}</p>
      ) : null}
      <ul className="rows">
        {checks.map((each) => {
          const [shape, tone] = results[each.result];
          return (
            <li key={`${each.host} ${each.check}`} className="grid gap-1 py-2 text-sm">
              <div className="flex flex-wrap items-center gap-x-4">
                <span className={`mark ${tone}`}>
                  <Shape of={shape} />
                  {each.result}
                </span>
                <span className="min-w-0 font-medium">
                  <Said text={`${each.check} on ${each.host}`} most={300} />
                </span>
                <span className="ml-auto text-dim">
                  <At ms={each.atMs} />
                </span>
              </div>
              {each.text === '' ? null : (
                <p className="min-w-0 text-dim">
                  <Said text={each.text} most={600} />
                </p>
              )}
              <p className="flex flex-wrap gap-1" role="img" aria-label={recentWords(each)}>
                {each.recent.slice(-40).map((one, index) => (
                  <span key={`${one.atMs} ${String(index)}`} className={results[one.result][1]}>
                    <Shape of={results[one.result][0]} size={9} />
                  </span>
                ))}
              </p>
            </li>
          );
        })}
      </ul>
      <NotFrom gaps={missing} what="checks" />
    </section>
  );
}

function recentWords(check: CheckView): string {
  const bad = check.recent.filter((each) => each.result !== 'ok').length;
  return `${check.recent.length} recent answers, ${bad} not ok`;
}
