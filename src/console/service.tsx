// A service: how it stands, what one can do, what its recoveries took against what is declared, its checks, why it is so, what it writes.

import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import type { CheckView, ExplanationView, GapView, MeasuredView, TopologyView } from '../api-web.ts';
import type { FailoverView, ManagerView, ServiceView } from '../api.ts';
import { ActButton } from './act.tsx';
import { at, useAsked } from './ask.ts';
import { useStatus } from './live.ts';
import { LogTailPanel } from './log.tsx';
import { PhaseMark, SeverityMark, severityWord, Shape } from './marks.tsx';
import { Said } from './said.tsx';
import { Answer, NotFrom } from './states.tsx';
import { Story } from './story.tsx';
import { At, duration } from './times.tsx';
import { useTitle } from './title.ts';

const Plot = lazy(() => import('./plot.tsx'));

interface ServiceAnswer {
  readonly service: ServiceView;
  readonly described: TopologyView['services'][number] | null;
  readonly measured: readonly MeasuredView[];
  readonly checks: readonly CheckView[];
  readonly failovers: readonly FailoverView[];
  readonly missing: readonly GapView[];
}

export default function Service({ name }: { readonly name: string }) {
  useTitle(name);
  const asked = useAsked<ServiceAnswer>(`/api/v1/services/${at(name)}`, { everyMs: 10_000 });
  const story = useAsked<ExplanationView>(`/api/v1/explain/${at(name)}`);
  const live = useStatus()?.services.find((each) => each.name === name);
  return (
    <Answer of={asked}>
      {(answer) => {
        const service = live ?? answer.service;
        const runs = service.instances.length > 0;
        return (
          <>
            <Head service={service} described={answer.described} />
            <div className="grid items-start gap-4 xl:grid-cols-2">
              <Recoveries answer={answer} />
              <Checks checks={answer.checks} missing={answer.missing} />
            </div>
            <section aria-labelledby="story" className="panel grid gap-3">
              <h2 id="story">Why it is so, in the last hour</h2>
              <Answer of={story}>{(found) => <Story of={found} />}</Answer>
            </section>
            {runs ? <LogTailPanel service={name} /> : null}
          </>
        );
      }}
    </Answer>
  );
}

function Head({
  service,
  described,
}: {
  readonly service: ServiceView;
  readonly described: ServiceAnswer['described'];
}) {
  const { name } = service;
  const hosts = service.instances.map((each) => each.host);
  return (
    <section aria-labelledby="name" className="panel grid gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 id="name" className="min-w-0">
          <Said text={name} most={200} />
        </h1>
        <SeverityMark severity={service.severity} />
        <span>{service.scheduledDown ? 'down as planned' : severityWord[service.severity]}</span>
        {service.paused ? (
          <span className="mark text-note">
            <Shape of="paused" />
            paused: Standfast acts on nothing
          </span>
        ) : null}
      </div>
      {described?.impact === null || described?.impact === undefined ? null : (
        <p>
          When it is down: <Said text={described.impact} />
        </p>
      )}
      <dl className="flex flex-wrap gap-x-8 gap-y-2 text-sm">
        <Fact name="Policy">{service.policy}</Fact>
        <Fact name="Active on">
          {service.active.length === 0 ? <strong>nowhere</strong> : <Said text={service.active.join(', ')} />}
        </Fact>
        <Fact name="Term">{service.term === 0 ? 'no lease' : service.term}</Fact>
        {described === null ? null : <Fact name="Back within">{duration(described.recoverWithinMs)}</Fact>}
        {described === null || described.needs.length === 0 ? null : (
          <Fact name="Needs">
            {described.needs.map((each, index) => (
              <span key={each}>
                {index > 0 ? ', ' : ''}
                <Link href={`/service/${at(each)}`}>
                  <Said text={each} />
                </Link>
              </span>
            ))}
          </Fact>
        )}
        <Fact name="Runbook">
          <Link href={`/runbook/${at(name)}`}>open</Link>
        </Fact>
      </dl>
      <ul className="rows" aria-label="Instances">
        {service.instances.map((each) => (
          <li key={each.host} className="flex flex-wrap items-center gap-x-5 gap-y-1 py-2 text-sm">
            <Link href={`/host/${at(each.host)}`} className="min-w-16 font-semibold">
              <Said text={each.host} />
            </Link>
            <PhaseMark phase={each.phase} severity={each.severity} asPlanned={each.phase === each.planned} />
            {each.phase === each.planned ? null : <span className="text-dim">should be {each.planned}</span>}
            {each.pid === null ? null : <span className="text-dim tabular-nums">pid {each.pid}</span>}
            {each.startedAtMs === null ? null : (
              <span className="text-dim">
                since <At ms={each.startedAtMs} />
              </span>
            )}
            {each.restarts === 0 ? null : (
              <span className="text-dim">
                {each.restarts === 1 ? '1 restart' : `${String(each.restarts)} restarts`}
              </span>
            )}
            {each.reason === null ? null : (
              <span className="min-w-0">
                <Said text={each.reason} most={800} />
              </span>
            )}
            {each.manager === undefined ? null : <ManagedBy of={each.manager} />}
            <span className="ml-auto">
              <ActButton action={{ kind: 'restart', service: name, host: each.host }}>
                Restart<span className="sr-only"> on {each.host}</span>
              </ActButton>
            </span>
          </li>
        ))}
      </ul>
      {service.external === null ? null : (
        <p>
          Run by others:{' '}
          {service.external.ok === null
            ? 'not known whether it answers'
            : service.external.ok
              ? 'it answers'
              : 'it does not answer'}
          {service.external.reason === null ? '' : ': '}
          <Said text={service.external.reason ?? ''} />
        </p>
      )}
      {hosts.length === 0 ? null : (
        <div className="flex flex-wrap gap-2" role="group" aria-label="What you can do">
          {hosts.length > 1 && service.policy !== 'hot-active/hot-active' ? (
            <ActButton
              action={{ kind: 'failover', service: name, host: null }}
              hosts={hosts.filter((host) => !service.active.includes(host))}
            >
              Fail over
            </ActButton>
          ) : null}
          <ActButton action={{ kind: 'restart', service: name, host: null }}>Restart all</ActButton>
          <ActButton action={{ kind: 'stop', service: name, host: null }}>Stop</ActButton>
          <ActButton action={{ kind: 'start', service: name, host: null }}>Start</ActButton>
          {service.paused ? (
            <ActButton action={{ kind: 'resume', service: name, host: null }}>Resume</ActButton>
          ) : (
            <ActButton action={{ kind: 'pause', service: name, host: null }}>Pause</ActButton>
          )}
        </div>
      )}
    </section>
  );
}

/** Who owns the process when that is not Standfast, what it says of it, and why it could not be asked. */
function ManagedBy({ of }: { readonly of: ManagerView }) {
  return (
    <span className="order-last grid w-full gap-x-5 gap-y-1 text-dim sm:flex sm:flex-wrap">
      <span>
        Owned by <Said text={of.title} most={80} />, which calls it <Said text={of.name} most={120} />
      </span>
      <span>
        after a crash: <Said text={of.restarts} most={200} />
      </span>
      {of.says === null ? null : (
        <span>
          it says: <Said text={of.says} most={400} />
          {of.asOfMs === null ? null : (
            <>
              {' '}
              (<At ms={of.asOfMs} />)
            </>
          )}
        </span>
      )}
      {of.trouble === null ? null : (
        <strong className="text-warn">
          <Said text={of.trouble} most={600} />
        </strong>
      )}
    </span>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-[13px] text-dim">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Recoveries({ answer }: { readonly answer: ServiceAnswer }) {
  const { failovers } = answer;
  return (
    <section aria-labelledby="recoveries" className="panel grid gap-3">
      <h2 id="recoveries">What recoveries took, against what is declared</h2>
      {failovers.length === 0 ? (
        <p className="text-dim">No failover yet.</p>
      ) : (
        <>
          <Suspense fallback={<p>Drawing…</p>}>
            <Plot failovers={failovers} />
          </Suspense>
          <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Recoveries as a table">
            <table className="w-full text-sm tabular-nums">
              <thead>
                <tr>
                  {['when', 'from → to', 'cause', 'd', 's', 'b', 'i', 'z', 'declared'].map((each) => (
                    <th key={each} scope="col" className="py-1 pr-4">
                      {each}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="rows">
                {failovers
                  .slice(-12)
                  .toReversed()
                  .map((each) => (
                    <tr key={`${each.atMs} ${each.term}`} className="border-t border-line">
                      <td className="py-1 pr-4">
                        <At ms={each.atMs} />
                      </td>
                      <td className="pr-4 whitespace-nowrap">
                        <Said text={`${each.from ?? '?'} → ${each.to ?? 'nobody'}`} />
                      </td>
                      <td className="min-w-40 pr-4">
                        <Said text={each.cause} most={200} />
                        {each.planned ? <span className="text-dim"> (asked for)</span> : null}
                      </td>
                      {[each.dMs, each.switchMs, each.bMs, each.iMs].map((ms, index) => (
                        <td key={`${String(index)}`} className="pr-4 whitespace-nowrap">
                          {ms === null ? (
                            <span className="text-dim">
                              ?<span className="sr-only"> not measured</span>
                            </span>
                          ) : (
                            duration(ms)
                          )}
                        </td>
                      ))}
                      <td
                        className={`pr-4 font-semibold whitespace-nowrap ${each.zMs !== null && each.zMs > each.declaredZMs ? 'text-bad' : ''}`}
                      >
                        {each.zMs === null ? '?' : duration(each.zMs)}
                        {each.zMs !== null && each.zMs > each.declaredZMs ? ' too long' : ''}
                      </td>
                      <td className="whitespace-nowrap">{duration(each.declaredZMs)}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {answer.measured.some((each) => each.bMs.length + each.iMs.length > 0) ? (
        <ul className="text-sm text-dim">
          {answer.measured.map((each) => (
            <li key={each.host}>
              <Said text={each.host} />: b {worst(each.bMs)}, i {worst(each.iMs)}, s {worst(each.switchMs)}{' '}
              <span>(last, worst of {Math.max(each.bMs.length, each.iMs.length)})</span>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function worst(times: readonly number[]): string {
  const last = times.at(-1);
  return last === undefined ? 'not measured' : `${duration(last)} (${duration(Math.max(...times))})`;
}

const results = {
  ok: ['stands', 'text-good'],
  warning: ['starting', 'text-note'],
  critical: ['failed', 'text-bad'],
  unknown: ['unknown', 'text-warn'],
} as const;

function Checks({ checks, missing }: { readonly checks: readonly CheckView[]; readonly missing: readonly GapView[] }) {
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
