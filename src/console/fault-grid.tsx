// What is done about each fault of each part, with the evidence: the parts that nothing is done for first. The failure modes that are looked for on
// every host are many and alike, so they are folded away.

import { Fragment } from 'react';
import type { AssessedView, StrategyName } from '../api-assess.ts';
import { Said } from './said.tsx';

const strategies: Readonly<Record<StrategyName, readonly [word: string, tone: string]>> = {
  avoid: ['avoid', 'text-good'],
  mask: ['mask', 'text-good'],
  bound: ['bound', 'text-note'],
  fixFast: ['fix fast', 'text-note'],
  none: ['none', 'text-bad'],
};

type GridCells = AssessedView['grid'];

/** The grid of an assessment. */
export function FaultGrid({ of }: { readonly of: GridCells }) {
  const modes = of.filter((each) => each.component.startsWith('mode:'));
  const parts = of.filter((each) => !each.component.startsWith('mode:'));
  const count = new Set(modes.map((each) => each.component)).size;
  return (
    <section aria-labelledby="grid" className="panel grid gap-3">
      <h2 id="grid">What is done about each fault, with the evidence; the weakest first</h2>
      <Rows of={parts} />
      {modes.length === 0 ? null : (
        <details>
          <summary className="cursor-pointer">{count} failure modes that are looked for on every host</summary>
          <div className="mt-2">
            <Rows of={modes} />
          </div>
        </details>
      )}
    </section>
  );
}

/** A part, and below or beside it what is done in each domain. */
function Rows({ of }: { readonly of: GridCells }) {
  const components = [...new Set(of.map((each) => each.component))];
  const weakness = (component: string): number =>
    Math.min(...of.filter((each) => each.component === component).map((each) => order.indexOf(each.strategy)));
  return (
    <dl className="rows grid text-sm">
      {components
        .toSorted((one, other) => weakness(one) - weakness(other))
        .map((component) => (
          <div key={component} className="grid gap-x-6 gap-y-1 py-2 md:grid-cols-[14rem_1fr]">
            <dt className="font-semibold">
              <Said text={component.replace(/^mode:/, '')} most={80} />
            </dt>
            <dd className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 md:grid-cols-[7rem_5rem_1fr]">
              {of
                .filter((each) => each.component === component)
                .map(({ domain, strategy, evidence }) => (
                  <Fragment key={domain}>
                    <span className="text-dim">
                      <Said text={domain} most={40} />
                    </span>
                    <strong className={strategies[strategy][1]}>{strategies[strategy][0]}</strong>
                    <span className="col-span-2 min-w-0 md:col-span-1">
                      <Said text={evidence} most={500} />
                    </span>
                  </Fragment>
                ))}
            </dd>
          </div>
        ))}
    </dl>
  );
}

/** The weakest first. */
const order: readonly StrategyName[] = ['none', 'fixFast', 'bound', 'mask', 'avoid'];
