// Many hosts in few words, for where they have no columns: how many are as they should be, by what they share, and by name those that are not.

import { Link } from 'wouter';
import type { HostView } from '../api.ts';
import { at } from './ask.ts';
import type { HostGroup } from './grouped.ts';
import { HostMark, Shape } from './marks.tsx';
import { Said } from './said.tsx';

/** More hosts than this are counted first, and named on demand. */
const mostNamed = 12;

/** In place of the columns of hosts. */
export function Hosts({ groups }: { readonly groups: readonly HostGroup[] }) {
  const all = groups.flatMap((group) => group.hosts);
  const troubled = all.filter((host) => host.state !== 'up');
  const named = all.length <= mostNamed;
  return (
    <div className="grid gap-2 text-sm">
      <ul aria-label={named ? 'Hosts' : 'Hosts that are not up'} className="flex flex-wrap gap-x-5 gap-y-1">
        {named ? null : (
          <li className={`mark ${troubled.length === 0 ? 'text-good' : 'text-dim'}`}>
            <Shape of={troubled.length === 0 ? 'stands' : 'active'} />
            {troubled.length === 0 ? 'all' : String(all.length - troubled.length)} of {all.length} hosts are up
          </li>
        )}
        {(named ? all : troubled).map((host) => (
          <Host key={host.name} host={host} />
        ))}
      </ul>
      {named ? null : (
        <details>
          <summary className="cursor-pointer text-dim">All hosts, by what they share</summary>
          <div className="mt-2 grid gap-2">
            {groups.map((group) => (
              <section key={group.domain ?? ''} aria-label={group.domain ?? 'no domain'} className="grid gap-1">
                <h3 className="text-[13px] text-dim">
                  <Said text={group.domain ?? 'nothing shared is described'} most={60} />:{' '}
                  {group.hosts.filter((host) => host.state === 'up').length} of {group.hosts.length} up
                </h3>
                <ul className="flex flex-wrap gap-x-5 gap-y-1">
                  {group.hosts.map((host) => (
                    <Host key={host.name} host={host} />
                  ))}
                </ul>
              </section>
            ))}
          </div>
        </details>
      )}
    </div>
  );
}

function Host({ host }: { readonly host: HostView }) {
  return (
    <li className="flex min-w-0 items-center gap-1.5">
      <Link href={`/host/${at(host.name)}`}>
        <Said text={host.name} most={40} />
      </Link>
      <HostMark state={host.state} />
    </li>
  );
}
