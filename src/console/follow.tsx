// What was begun, live until it is done or failed: from the intents in force and the status, never from hope.

import { useEffect, useRef, useState } from 'react';
import type { IntentAnswer, IntentView, ServiceView } from '../api.ts';
import type { Action } from './action.ts';
import { useAsked } from './ask.ts';
import { useLink, useStatus } from './live.ts';
import { PhaseMark, Shape } from './marks.tsx';
import { Refused } from './refused.tsx';
import { Said } from './said.tsx';

const everyMs = 400;

/** `answer`: what the agent said to the intent. */
export function Follow({ action, answer }: { readonly action: Action; readonly answer: IntentAnswer }) {
  const status = useStatus();
  const link = useLink();
  const intents = useAsked<readonly IntentView[]>('/api/v1/intents', { everyMs });
  const before = useRef(status?.services.find((each) => each.name === action.service)?.active ?? []);
  const service = status?.services.find((each) => each.name === action.service);
  const listed = intents.data === undefined || !answer.ok || intents.data.some((each) => each.id === answer.id);
  const lingers = useLingering(listed);
  const inForce = action.kind === 'failover' ? lingers : listed;
  if (!answer.ok) return <Refused {...answer} />;
  const end = endOf(action, service, inForce, before.current);
  return (
    <div role="status" className="grid gap-2">
      <p className={`mark text-base ${end.kind === 'done' ? 'text-good' : end.kind === 'failed' ? 'text-bad' : ''}`}>
        <Shape of={end.kind === 'done' ? 'stands' : end.kind === 'failed' ? 'failed' : 'starting'} />
        <strong>{end.text}</strong>
      </p>
      <p>
        <Said text={answer.text} />
      </p>
      {service === undefined ? null : (
        <ul className="flex flex-wrap gap-x-5">
          {service.instances.map((each) => (
            <li key={each.host} className="flex gap-2">
              <Said text={each.host} />
              <PhaseMark phase={each.phase} severity={each.severity} asPlanned={each.phase === each.planned} />
            </li>
          ))}
        </ul>
      )}
      {link.state === 'open' ? null : (
        <p className="text-warn">The server is not heard: this is what was last known.</p>
      )}
    </div>
  );
}

/** Intents and status come by different ways: what is over is told as over only when its effect has had time to be seen. */
const lingersMs = 3000;

function useLingering(now: boolean): boolean {
  const [lingers, setLingers] = useState(true);
  useEffect(() => {
    if (now) {
      setLingers(true);
      return;
    }
    const timer = setTimeout(() => setLingers(false), lingersMs);
    return () => clearTimeout(timer);
  }, [now]);
  return now || lingers;
}

interface End {
  readonly kind: 'under way' | 'done' | 'failed';
  readonly text: string;
}

function endOf(action: Action, service: ServiceView | undefined, inForce: boolean, before: readonly string[]): End {
  const failed = service?.instances.find((each) => each.phase === 'failed' && matches(action, each.host));
  switch (action.kind) {
    case 'pause':
    case 'maintenance':
    case 'ban':
      if (action.end !== true)
        return inForce ? { kind: 'done', text: 'In force' } : { kind: 'under way', text: 'Under way' };
      return { kind: 'done', text: 'Ended' };
    case 'resume':
      return { kind: 'done', text: 'Done' };
    case 'failover': {
      const now = service?.active ?? [];
      const moved = action.host === null ? now.some((host) => !before.includes(host)) : now.includes(action.host);
      if (moved) return { kind: 'done', text: `Done: active on ${now.join(', ')}` };
      return inForce
        ? { kind: 'under way', text: 'Under way' }
        : { kind: 'failed', text: 'Over, and it did not move: its story says why' };
    }
    case 'restart':
    case 'start': {
      if (failed !== undefined)
        return { kind: 'failed', text: `Failed on ${failed.host}: ${failed.reason ?? 'no reason known'}` };
      const settled = service?.instances.every((each) => !matches(action, each.host) || each.phase === each.planned);
      return inForce || settled !== true ? { kind: 'under way', text: 'Under way' } : { kind: 'done', text: 'Done' };
    }
    case 'stop': {
      const down = service?.instances.every((each) => !matches(action, each.host) || each.phase === 'down');
      return down === true ? { kind: 'done', text: 'Done: stopped' } : { kind: 'under way', text: 'Under way' };
    }
    default:
      return action.kind satisfies never;
  }
}

function matches(action: Action, host: string): boolean {
  return action.host === null || action.host === host;
}
