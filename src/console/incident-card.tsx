// An incident as one needs it first: how grave, what, since when, what was done, what is next, who has it.

import { Link } from 'wouter';
import { useState } from 'react';
import type { IncidentView } from '../api.ts';
import { at, Failure, failureOf, send, useMe } from './ask.ts';
import { useNow } from './live.ts';
import { SeverityMark } from './marks.tsx';
import { Said } from './said.tsx';
import { At, duration } from './times.tsx';

/** What was done last says most; the rest is counted. */
const lastDone = 2;

/** `whole`: all that was done, as on the incident's own page. */
export function IncidentCard({
  incident,
  whole = false,
}: {
  readonly incident: IncidentView;
  readonly whole?: boolean;
}) {
  const now = useNow(1_000);
  const { done, also } = incident;
  const over = incident.resolvedAtMs !== null;
  const earlier = whole ? 0 : Math.max(0, done.length - lastDone);
  const length = Math.max(0, (incident.resolvedAtMs ?? now) - incident.sinceMs);
  return (
    <article className="panel grid gap-3">
      <div className="flex items-start gap-3">
        <SeverityMark severity={incident.severity} />
        <div className="min-w-0 flex-1">
          {whole ? null : (
            <h3 className="text-base leading-6 font-semibold tracking-normal text-ink">
              <Link href={`/incident/${at(incident.id)}`} className="text-ink">
                <Said text={incident.cause} most={300} />
              </Link>
            </h3>
          )}
          <p className={whole ? 'text-lg' : ''}>
            <Said text={incident.impact} most={500} />
          </p>
        </div>
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <Row name="Since">
          <At ms={incident.sinceMs} />{' '}
          <span className="text-dim">
            · {incident.resolvedAtMs === null ? '' : 'over after '}
            {duration(length)}
          </span>
          {incident.flapping ? <strong className="text-warn"> · comes and goes</strong> : null}
        </Row>
        {also.length === 0 ? null : (
          <Row name="Also">
            <Said text={also.slice(0, whole ? 200 : 6).join(', ')} />
            {also.length > 6 && !whole ? ` and ${also.length - 6} more` : ''}
          </Row>
        )}
        <Row name="Done">
          {done.length === 0 ? (
            <span className="text-dim">{over ? 'nothing by itself that is known' : 'nothing yet'}</span>
          ) : (
            <>
              {done.slice(earlier).map((each, index) => (
                <span key={`${each} ${String(index)}`}>
                  {index > 0 ? '; ' : ''}
                  <Said text={each} />
                </span>
              ))}
              {earlier > 0 ? <span className="text-dim">; {earlier} before</span> : null}
            </>
          )}
        </Row>
        {over ? null : (
          <Row name="Next">
            <Next text={incident.next} />
          </Row>
        )}
        <Row name="Held by">{incident.ackBy === null ? <strong>nobody</strong> : <Said text={incident.ackBy} />}</Row>
      </dl>
      {incident.resolvedAtMs === null ? (
        <div className="flex flex-wrap gap-2">
          {whole ? null : (
            <Link href={`/incident/${at(incident.id)}`} className="button">
              Open
            </Link>
          )}
          <Take incident={incident} />
        </div>
      ) : null}
    </article>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt className="text-dim">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

/** A runbook that is named is a link to it. */
function Next({ text }: { readonly text: string }) {
  const found = /^standfast runbook run (\S+)(?: \((.*)\))?$/.exec(text);
  if (found === null) return <Said text={text} />;
  const [subject = '', step] = found.slice(1);
  const [name = '', host] = subject.split('@');
  return (
    <Link href={`/runbook/${at(name)}${host === undefined ? '' : `?host=${at(host)}`}`}>
      <Said text={`runbook ${subject}${step === undefined ? '' : `, ${step}`}`} />
    </Link>
  );
}

/** Taking an incident does nothing but say who has it, so one step is enough. */
function Take({ incident }: { readonly incident: IncidentView }) {
  const me = useMe();
  const [state, setState] = useState<'idle' | 'sending' | Failure>('idle');
  if (incident.ackBy !== null && incident.ackBy === me?.name) return null;
  if (me?.name === null || me === undefined)
    return (
      <Link href={`/signin?back=${at(`/incident/${at(incident.id)}`)}`} className="button">
        Sign in to take it
      </Link>
    );
  const take = async (): Promise<void> => {
    setState('sending');
    try {
      await send(`/api/v1/incidents/${at(incident.id)}/ack`, {}, me);
      setState('idle');
    } catch (error) {
      setState(failureOf(error));
    }
  };
  return (
    <>
      <button type="button" className="button" disabled={state === 'sending'} onClick={() => void take()}>
        {incident.ackBy === null ? 'Take it' : 'Take it over'}
      </button>
      {state instanceof Failure ? (
        <p role="alert" className="text-bad">
          <Said text={`${state.message}. ${state.next}`} />
        </p>
      ) : null}
    </>
  );
}
