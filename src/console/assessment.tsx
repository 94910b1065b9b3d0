// What the system survives: the numbers of `standfast assess --json`, the parts that break it, the grid, the picture.

import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import type { AssessedView } from '../api-assess.ts';
import type { AssessmentView, TopologyView } from '../api-web.ts';
import { at, useAsked } from './ask.ts';
import { Shape } from './marks.tsx';
import { FaultGrid } from './fault-grid.tsx';
import { Said } from './said.tsx';
import { Fact } from './service.tsx';
import { Answer } from './states.tsx';
import { At, duration } from './times.tsx';
import { useTitle } from './title.ts';

const Topology = lazy(() => import('./topology.tsx'));

const mostSets = 40;

/** The page `/assessment`. */
export default function Assessment() {
  useTitle('Assessment');
  const asked = useAsked<AssessmentView>('/api/v1/assessment', { everyMs: 3_000 });
  const topology = useAsked<TopologyView>('/api/v1/topology');
  return (
    <>
      <h1>What it survives</h1>
      <Answer of={asked}>{(view) => <Found view={view} />}</Answer>
      <section aria-labelledby="picture" className="panel grid gap-3">
        <h2 id="picture">What needs what, and where it runs</h2>
        <Answer of={topology}>
          {(found) => (
            <Suspense fallback={<p>Drawing…</p>}>
              <Topology of={found} />
            </Suspense>
          )}
        </Answer>
      </section>
    </>
  );
}

function Found({ view }: { readonly view: AssessmentView }) {
  switch (view.state) {
    case 'computing':
      return (
        <p role="status" className="panel">
          Computing since <At ms={view.sinceMs} />…
        </p>
      );
    case 'failed':
      return (
        <p role="alert" className="panel">
          <strong>Not assessed:</strong> <Said text={view.why} />
        </p>
      );
    case 'done':
      return <Done of={view.result} atMs={view.atMs} />;
    default:
      return view satisfies never;
  }
}

function Done({ of, atMs }: { readonly of: AssessedView; readonly atMs: number }) {
  const single = of.cutSets.filter((each) => each.length === 1);
  return (
    <>
      <section aria-label="In short" className="panel grid gap-3">
        <p className="text-xl font-semibold text-pretty">{inShort(of, single)}</p>
        <dl className="flex flex-wrap gap-x-8 gap-y-2 text-sm">
          <Fact name="Down in a year">
            {duration(of.yearly.meanMs)}{' '}
            <span className="text-dim">
              ({duration(of.yearly.rangeMs[0])} to {duration(of.yearly.rangeMs[1])} in nine years of ten)
            </span>
          </Fact>
          <Fact name="Unavailability">{rate(of.unavailability)}</Fact>
          <Fact name="Sets that break it">{of.cutSetCount ?? 'not known'}</Fact>
          <Fact name="Arithmetic">{of.exact ? 'exact' : 'bounds'}</Fact>
          <Fact name="Computed">
            <At ms={atMs} />
          </Fact>
        </dl>
        <Objective of={of} />
      </section>
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <section aria-labelledby="sets" className="panel grid gap-2">
          <h2 id="sets">What breaks it, the likeliest first</h2>
          <ol className="rows max-h-[32rem] overflow-auto" tabIndex={0}>
            {of.cutSets.slice(0, mostSets).map((parts) => (
              <li key={parts.join(' + ')} className="py-1.5 text-sm">
                {parts.length === 1 ? <strong className="text-bad">alone: </strong> : null}
                <Said text={parts.join(' and ')} />
              </li>
            ))}
          </ol>
          {of.cutSetCount !== null && Number(of.cutSetCount) > mostSets ? (
            <p className="text-sm text-dim">
              The first {mostSets} of {of.cutSetCount}; all of them: standfast assess.
            </p>
          ) : null}
        </section>
        <section aria-labelledby="each" className="panel grid gap-2">
          <h2 id="each">Each service</h2>
          <table className="w-full text-sm tabular-nums">
            <thead>
              <tr>
                <th scope="col">service</th>
                <th scope="col">survives any</th>
                <th scope="col">unavailability</th>
              </tr>
            </thead>
            <tbody>
              {of.services.map((each) => (
                <tr key={each.name} className="border-t border-line">
                  <td className="py-1.5">
                    <Link href={`/service/${at(each.name)}`}>
                      <Said text={each.name} most={80} />
                    </Link>
                  </td>
                  <td>{each.survives === null ? 'all' : each.survives === 0 ? '0: one is enough' : each.survives}</td>
                  <td>{rate(each.unavailability)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
      {of.advice.length === 0 ? null : <Advice of={of.advice} />}
      <FaultGrid of={of.grid} />
    </>
  );
}

function Objective({ of: { objective, warnings } }: { readonly of: AssessedView }) {
  return (
    <div className="grid gap-1">
      <p className={`mark whitespace-normal ${objective.met ? 'text-good' : 'text-warn'}`}>
        <Shape of={objective.met ? 'stands' : 'unknown'} />
        {objective.met
          ? `Down ${duration(objective.unavailableMs)} in ${duration(objective.perMs)} at most: to be expected.`
          : 'By these figures the objective is missed:'}
      </p>
      {[...objective.missed, ...warnings].map((each) => (
        <p key={each} className="text-sm">
          <Said text={each} most={600} />
        </p>
      ))}
    </div>
  );
}

/** Each was tried: what it would bring, and how the description changes. */
function Advice({ of }: { readonly of: AssessedView['advice'] }) {
  return (
    <section aria-labelledby="advice" className="panel grid gap-2">
      <h2 id="advice">What would help, each tried</h2>
      <ul className="rows">
        {of.map((each) => (
          <li key={each.what} className="grid gap-1 py-2 text-sm">
            <details>
              <summary className="cursor-pointer">
                <strong>
                  <Said text={each.what} most={300} />
                </strong>{' '}
                <span className="text-dim">
                  unavailability {rate(each.unavailability)}
                  {each.survivesParts === null ? '' : `, survives any ${String(each.survivesParts)}`}; costs{' '}
                  <Said text={each.cost} most={200} />
                </span>
              </summary>
              <pre className="output mt-2" tabIndex={0} role="group" aria-label={`Change: ${each.what}`}>
                <Said text={each.patch} most={20_000} />
              </pre>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

function inShort(of: AssessedView, single: readonly (readonly string[])[]): string {
  if (of.survives === null) return 'Nothing that is described can break it.';
  if (of.survives === 0) return `${single.length} ${single.length === 1 ? 'part breaks' : 'parts break'} it alone.`;
  return `It survives any ${of.survives} ${of.survives === 1 ? 'failure' : 'failures at once'}.`;
}

function rate(value: number): string {
  return value === 0 ? '0' : value.toExponential(2);
}
