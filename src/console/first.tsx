// The first look: does it stand, what is wrong, what runs where, what happened. Calm while it stands.

import { ActButton } from './act.tsx';
import { Axis } from './axis.tsx';
import { Grid } from './grid.tsx';
import { IncidentCard } from './incident-card.tsx';
import { useStatus } from './live.ts';
import { gravity, Shape } from './marks.tsx';
import { Said } from './said.tsx';
import { clockLike, duration } from './times.tsx';
import type { ConsoleStatus } from '../api-web.ts';
import { useTitle } from './title.ts';

/** More incidents than this stand on their own page. */
const mostShown = 6;

/** The page `/`. */
export function First() {
  const status = useStatus();
  useTitle('Overview');
  if (status === null) return <p role="status">Asking the agent…</p>;
  const incidents = status.incidents.toSorted(
    (x, y) => gravity(x.severity) - gravity(y.severity) || y.sinceMs - x.sinceMs,
  );
  const paused = status.services.length > 0 && status.services.every((each) => each.paused);
  return (
    <>
      <Sentence status={status} />
      <div className={`grid items-start gap-4 ${incidents.length > 0 ? 'xl:grid-cols-[5fr_7fr]' : ''}`}>
        {incidents.length === 0 ? null : (
          <section aria-labelledby="incidents" className="grid gap-3">
            <h2 id="incidents">
              {incidents.length === 1
                ? '1 incident is open'
                : `${incidents.length} incidents are open, the gravest first`}
            </h2>
            {incidents.slice(0, mostShown).map((each) => (
              <IncidentCard key={each.id} incident={each} />
            ))}
            {incidents.length > mostShown ? <a href="/incidents">All {incidents.length} incidents</a> : null}
          </section>
        )}
        <Grid status={status} />
      </div>
      <Axis objective={status.objective} />
      <section aria-label="The whole system" className="flex flex-wrap items-center gap-3 text-sm text-dim">
        {paused ? (
          <ActButton action={{ kind: 'resume', service: null, host: null }}>Resume everything</ActButton>
        ) : (
          <ActButton action={{ kind: 'pause', service: null, host: null }}>Pause everything</ActButton>
        )}
        <span>
          Store: {status.store.kind},{' '}
          {status.store.reachable ? 'reachable' : <strong className="text-bad">not reachable</strong>}
        </span>
      </section>
    </>
  );
}

function Sentence({ status }: { readonly status: ConsoleStatus }) {
  const { severity, objective } = status;
  const leftMs = Math.max(0, objective.unavailableMs - objective.usedMs);
  const left = objective.unavailableMs === 0 ? 0 : leftMs / objective.unavailableMs;
  const [ground, dim] =
    severity === 1
      ? ['border-transparent bg-alarm text-white', 'text-white']
      : severity === 0
        ? ['border-line bg-panel', 'text-dim']
        : ['border-warn bg-caution', 'text-ink'];
  return (
    <section aria-label="How it stands" className={`rounded-xl border ${ground} p-4 sm:p-6`}>
      <div className="grid items-center gap-5 lg:grid-cols-[1fr_auto]">
        <div className="flex gap-4">
          <span className={`mt-1 ${severity === 0 ? 'text-good' : ''}`}>
            <Shape of={severity === 0 ? 'stands' : severity === 1 ? 'failed' : 'unknown'} size={28} />
          </span>
          <div>
            <h1 className="text-xl leading-7 text-pretty sm:text-2xl sm:leading-8">
              <Said text={status.sentence} />
            </h1>
            {status.about === null ? null : (
              <p className={`mt-1 ${dim}`}>
                <Said text={status.about} />
              </p>
            )}
          </div>
        </div>
        <dl className="grid gap-x-8 gap-y-3 sm:grid-cols-[auto_auto]">
          <div>
            <dt className={`text-[13px] ${dim}`}>Outage budget left</dt>
            <dd className="text-xl font-semibold tabular-nums">
              {clockLike(leftMs)}{' '}
              <span className={`text-sm font-normal ${dim}`}>of {clockLike(objective.unavailableMs)}</span>
            </dd>
            <dd aria-hidden="true" className="mt-1.5">
              <svg className="block h-1.5 w-40" viewBox="0 0 100 1" preserveAspectRatio="none">
                <rect width="100" height="1" fill="currentColor" opacity="0.22" />
                <rect width={100 * left} height="1" fill="currentColor" />
              </svg>
            </dd>
            <dd className={`mt-1 text-[13px] ${dim}`}>in any {duration(objective.perMs)}</dd>
          </div>
          <div className="max-w-64">
            <dt className={`text-[13px] ${dim}`}>More failures it takes</dt>
            <dd className="text-xl font-semibold">{canTake(status)}</dd>
            <dd className={`mt-1 text-[13px] ${dim}`}>
              <Said text={butNot(status)} />
            </dd>
          </div>
        </dl>
      </div>
    </section>
  );
}

function canTake({ canLose }: ConsoleStatus): string {
  const can = canLose.hosts.length + canLose.instances.length;
  const cannot = canLose.notHosts.length + canLose.notInstances.length;
  if (can === 0) return cannot === 0 ? 'not known' : 'none';
  return cannot === 0 ? 'any 1' : '1, but not any';
}

function butNot({ canLose }: ConsoleStatus): string {
  const names = [...canLose.notHosts.map((each) => `host ${each}`), ...canLose.notInstances];
  if (names.length === 0) return 'of a host or an instance';
  const some = names.slice(0, 3).join(', ');
  return `not ${some}${names.length > 3 ? ` or ${names.length - 3} more` : ''}`;
}
