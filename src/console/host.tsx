// A host: how it stands, what it shares with others, what runs there, what one can do.

import { Link } from 'wouter';
import type { FiguresView, GapView } from '../api-web.ts';
import type { HostView, InstanceView } from '../api.ts';
import { ActButton } from './act.tsx';
import { at, useAsked } from './ask.ts';
import { Figures, shareText, sizeText } from './figures.tsx';
import { useStatus } from './live.ts';
import { HostMark, PhaseMark, SeverityMark } from './marks.tsx';
import { Said } from './said.tsx';
import { Fact } from './service.tsx';
import { Answer } from './states.tsx';
import { At } from './times.tsx';
import { useTitle } from './title.ts';

interface HostAnswer {
  readonly host: HostView;
  readonly address: string | null;
  readonly domains: readonly { readonly name: string; readonly kind: string }[];
  readonly figures: FiguresView | null;
  readonly missing: readonly GapView[];
  readonly runs: readonly { readonly service: string; readonly instance: InstanceView }[];
}

const stateWords: Readonly<Record<HostView['state'], string>> = {
  up: 'Its agent answers.',
  silent: 'Its agent was not heard lately: what runs there is not known.',
  down: 'It is lost: others may take over what it held.',
  maintenance: 'It is cleared for maintenance and takes nothing.',
  banned: 'Nothing is made active there.',
  unknown: 'Nothing was ever heard of it.',
};

/** The page `/host/NAME`. */
export default function Host({ name }: { readonly name: string }) {
  useTitle(name);
  const asked = useAsked<HostAnswer>(`/api/v1/hosts/${at(name)}`, { everyMs: 5_000 });
  const status = useStatus();
  return (
    <Answer of={asked}>
      {(answer) => {
        const host = status?.hosts.find((each) => each.name === name) ?? answer.host;
        const runs =
          status === null
            ? answer.runs
            : status.services.flatMap((service) =>
                service.instances
                  .filter((each) => each.host === name)
                  .map((instance) => ({ service: service.name, instance })),
              );
        return (
          <>
            <section aria-labelledby="name" className="panel grid gap-4">
              <div className="flex flex-wrap items-center gap-3">
                <h1 id="name">
                  <Said text={name} most={200} />
                </h1>
                <HostMark state={host.state} />
                <span>{stateWords[host.state]}</span>
              </div>
              <dl className="flex flex-wrap gap-x-8 gap-y-2 text-sm">
                <Fact name="Address">
                  <Said text={answer.address ?? 'not known'} />
                </Fact>
                <Fact name="Lies in">
                  {answer.domains.length === 0 ? (
                    'nothing described'
                  ) : (
                    <Said text={answer.domains.map((each) => `${each.name} (${each.kind})`).join(', ')} />
                  )}
                </Fact>
                <Fact name="Agent">{host.agentPid === null ? 'not known' : `pid ${host.agentPid}`}</Fact>
                <Fact name="Keeper">{host.keeperPid === null ? 'not known' : `pid ${host.keeperPid}`}</Fact>
                <Fact name="Heard">{host.asOfMs === null ? 'never' : <At ms={host.asOfMs} />}</Fact>
                <Fact name="Description">
                  <code className="font-mono text-[13px]">
                    {host.uses === null ? 'not known' : host.uses.slice(0, 12)}
                  </code>
                </Fact>
              </dl>
              <div className="flex flex-wrap gap-2" role="group" aria-label="What you can do">
                {host.state === 'maintenance' ? (
                  <ActButton action={{ kind: 'maintenance', service: null, host: name, end: true }}>
                    End maintenance
                  </ActButton>
                ) : (
                  <ActButton action={{ kind: 'maintenance', service: null, host: name }}>Maintenance</ActButton>
                )}
                {host.state === 'banned' ? (
                  <ActButton action={{ kind: 'ban', service: null, host: name, end: true }}>End the ban</ActButton>
                ) : (
                  <ActButton action={{ kind: 'ban', service: null, host: name }}>Ban</ActButton>
                )}
              </div>
            </section>
            <Figures of={answer.figures} missing={answer.missing} />
            <section aria-labelledby="runs" className="panel grid gap-2">
              <h2 id="runs">What runs there</h2>
              {runs.length === 0 ? <p className="text-dim">Nothing is to run there.</p> : null}
              <ul className="rows">
                {runs.map(({ service, instance }) => (
                  <li key={service} className="flex flex-wrap items-center gap-x-5 gap-y-1 py-2 text-sm">
                    <Link href={`/service/${at(service)}`} className="min-w-32 font-semibold">
                      <Said text={service} most={80} />
                    </Link>
                    <PhaseMark
                      phase={instance.phase}
                      severity={instance.severity}
                      asPlanned={instance.phase === instance.planned}
                    />
                    {instance.severity === 0 ? null : <SeverityMark severity={instance.severity} />}
                    {instance.pid === null ? null : <span className="text-dim tabular-nums">pid {instance.pid}</span>}
                    <Used of={answer.figures} pid={instance.pid} />
                    {instance.reason === null ? null : <Said text={instance.reason} most={600} />}
                  </li>
                ))}
              </ul>
            </section>
          </>
        );
      }}
    </Answer>
  );
}

/** Of its main process; what that started is not in it. */
function Used({ of, pid }: { readonly of: FiguresView | null; readonly pid: number | null }) {
  const found = of?.processes?.find((each) => each.pid === pid);
  if (found === undefined) return null;
  return (
    <span className="text-dim tabular-nums" title="of its main process, without what that started">
      {sizeText(found.memory)}
      {found.used === null ? '' : `, ${shareText(found.used)} of a processor`}
    </span>
  );
}
