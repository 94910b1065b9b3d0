// What stands in services × hosts: one instance in its host's column, or, where hosts have no columns, the instances of a service in one line, those
// that are not as they should be by name and the others counted.

import { Link } from 'wouter';
import type { HostView, InstanceView, ServiceView } from '../api.ts';
import type { Phase } from '../model/states.ts';
import { at } from './ask.ts';
import { gravity, PhaseMark, Shape } from './marks.tsx';
import { Said } from './said.tsx';

/** Where the keyboard is. */
export interface Place {
  readonly 'data-at': string;
  readonly tabIndex: number;
}

/** Of an instance in its host's column. */
export function Cell({
  service,
  host,
  instance,
  place,
}: {
  readonly service: ServiceView;
  readonly host: HostView;
  readonly instance: InstanceView | undefined;
  readonly place: Place;
}) {
  if (instance === undefined)
    return (
      <span {...place} className="block text-sm text-dim">
        {service.external === null ? (
          <span className="sr-only">does not run on {host.name}</span>
        ) : (
          <External ok={service.external.ok} />
        )}
      </span>
    );
  const asPlanned = instance.phase === instance.planned;
  return (
    <Link
      {...place}
      href={`/service/${at(service.name)}`}
      className="flex min-h-8 flex-wrap items-center gap-x-2 no-underline hover:no-underline"
      title={instance.reason === null ? undefined : instance.reason.slice(0, 500)}
    >
      <span className="sr-only">
        {service.name} on {host.name}:
      </span>
      <PhaseMark phase={instance.phase} severity={instance.severity} asPlanned={asPlanned} />
      {asPlanned || service.scheduledDown ? null : (
        <span className="text-[13px] text-dim">
          <span aria-hidden="true">→ </span>
          <span className="sr-only">should be </span>
          {instance.planned}
        </span>
      )}
    </Link>
  );
}

/** Named at most; the rest is counted by phase. */
export function Line({ service, most }: { readonly service: ServiceView; readonly most: number }) {
  const isFine = (each: InstanceView): boolean =>
    each.severity === 0 && (each.phase === each.planned || service.scheduledDown);
  const order: readonly Phase[] = ['active', 'standby', 'passive', 'starting', 'stopping', 'down', 'failed', 'unknown'];
  const sorted = service.instances.toSorted(
    (x, y) =>
      Number(isFine(x)) - Number(isFine(y)) ||
      gravity(x.severity) - gravity(y.severity) ||
      order.indexOf(x.phase) - order.indexOf(y.phase),
  );
  const named = sorted.length <= most ? sorted : sorted.slice(0, most - 1);
  const counted = sorted.slice(named.length);
  return (
    <>
      {named.map((each) => (
        <span key={each.host} className="flex items-center gap-1.5 text-sm whitespace-nowrap">
          <Said text={each.host} most={28} />
          <PhaseMark phase={each.phase} severity={each.severity} asPlanned={each.phase === each.planned} />
        </span>
      ))}
      {counted.length === 0 ? null : (
        <span className="text-sm whitespace-nowrap text-dim">
          and{' '}
          {order
            .map((phase) => [phase, counted.filter((each) => each.phase === phase).length] as const)
            .filter(([, count]) => count > 0)
            .map(([phase, count]) => `${String(count)} ${phase}`)
            .join(', ')}
        </span>
      )}
      {service.external === null ? null : <External ok={service.external.ok} />}
    </>
  );
}

function External({ ok }: { readonly ok: boolean | null }) {
  return (
    <span className={`mark ${ok === null ? 'text-warn' : ok ? 'text-good' : 'text-bad'}`}>
      <Shape of={ok === null ? 'unknown' : ok ? 'stands' : 'failed'} />
      {ok === null ? 'external, unknown' : ok ? 'external, answers' : 'external, no answer'}
    </span>
  );
}
