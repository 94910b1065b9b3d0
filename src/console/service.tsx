// A service: how it stands, what one can do, what its recoveries took against what is declared, its checks, why it is so, what it writes.

import { Link } from 'wouter';
import type { CheckView, ExplanationView, GapView, MeasuredView, TopologyView } from '../api-web.ts';
import type { FailoverView, ManagerView, ServiceView } from '../api.ts';
import { ActButton } from './act.tsx';
import { at, useAsked } from './ask.ts';
import { Checks } from './checks.tsx';
import { useStatus } from './live.ts';
import { LogTailPanel } from './log.tsx';
import { PhaseMark, SeverityMark, severityWord, Shape } from './marks.tsx';
import { Recoveries } from './recoveries.tsx';
import { Said } from './said.tsx';
import { Answer } from './states.tsx';
import { Story } from './story.tsx';
import { At, duration } from './times.tsx';
import { useTitle } from './title.ts';

interface ServiceAnswer {
  readonly service: ServiceView;
  readonly described: TopologyView['services'][number] | null;
  readonly measured: readonly MeasuredView[];
  readonly checks: readonly CheckView[];
  readonly failovers: readonly FailoverView[];
  readonly missing: readonly GapView[];
}

/** The page `/service/NAME`. */
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
              <Recoveries failovers={answer.failovers} measured={answer.measured} />
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

/** A name and what it is, in a list of such. */
export function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-[13px] text-dim">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
