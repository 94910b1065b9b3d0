// All hosts, by what they share, what is lost first.

import { Link } from 'wouter';
import type { TopologyView } from '../api-web.ts';
import { at, useAsked } from './ask.ts';
import { grouped } from './grouped.ts';
import { useStatus } from './live.ts';
import { HostMark } from './marks.tsx';
import { Said } from './said.tsx';
import { At } from './times.tsx';
import { useTitle } from './title.ts';

/** The page `/hosts`. */
export default function Hosts() {
  useTitle('Hosts');
  const status = useStatus();
  const topology = useAsked<TopologyView>('/api/v1/topology').data;
  if (status === null) return <p role="status">Asking the agent…</p>;
  return (
    <>
      <h1>Hosts</h1>
      {grouped(status.hosts, topology).map((group) => (
        <section key={group.domain ?? ''} className="panel grid gap-2" aria-label={group.domain ?? 'Hosts'}>
          {group.domain === null ? null : (
            <h2>
              <Said text={group.domain} />
            </h2>
          )}
          <ul className="rows">
            {group.hosts
              .toSorted((x, y) => Number(x.state === 'up') - Number(y.state === 'up'))
              .map((host) => {
                const runs = status.services.filter((each) =>
                  each.instances.some((one) => one.host === host.name && one.pid !== null),
                );
                const active = status.services.filter((each) => each.active.includes(host.name));
                return (
                  <li key={host.name} className="flex flex-wrap items-center gap-x-6 gap-y-1 py-2.5">
                    <Link href={`/host/${at(host.name)}`} className="min-w-32 font-semibold">
                      <Said text={host.name} most={80} />
                    </Link>
                    <HostMark state={host.state} />
                    <span className="text-sm">
                      {active.length} active, {runs.length} running
                    </span>
                    <span className="ml-auto text-sm text-dim">
                      {host.asOfMs === null ? (
                        'never heard of'
                      ) : (
                        <>
                          heard at <At ms={host.asOfMs} />
                        </>
                      )}
                    </span>
                  </li>
                );
              })}
          </ul>
        </section>
      ))}
      {status.hosts.length === 0 ? <p>This description has no hosts.</p> : null}
    </>
  );
}
