// What people and standbys wish for a lease, as it stands in the store.

import type { Draft } from './draft.ts';
import { type IntentRecord } from './records.ts';

/** The host whose standby asked to take over; null: none did. */
export function takeoverBy(d: Draft, service: string): string | null {
  for (const { value } of d.s.intents.values())
    if (
      value.verb === 'takeover' &&
      value.service === service &&
      (value.untilMs === null || value.untilMs > d.now.wall)
    )
      return value.host;
  return null;
}

/** A person's wish that the service move; its `host` is where to, null for wherever is best. */
export function failoverIntent(d: Draft, service: string): IntentRecord | null {
  for (const { value } of d.s.intents.values())
    if (
      value.verb === 'failover' &&
      value.service === service &&
      (value.untilMs === null || value.untilMs > d.now.wall)
    )
      return value;
  return null;
}
