// An incident: its story in order, from cause to resolution, and the same as Markdown for the post-mortem.

import { useState } from 'react';
import { Link } from 'wouter';
import type { ExplanationView } from '../api-web.ts';
import type { FailoverView, IncidentView, SuspectView } from '../api.ts';
import { at, useAsked } from './ask.ts';
import { IncidentCard } from './incident-card.tsx';
import { useStatus } from './live.ts';
import { Said } from './said.tsx';
import { Answer } from './states.tsx';
import { Story } from './story.tsx';
import { At, duration } from './times.tsx';
import { markdownOf } from './post-mortem.ts';
import { useTitle } from './title.ts';

interface IncidentAnswer {
  readonly incident: IncidentView | null;
  readonly explanation: ExplanationView | null;
  readonly failovers: readonly FailoverView[];
}

/** The page `/incident/ID`. */
export default function Incident({ id }: { readonly id: string }) {
  useTitle(`Incident ${id}`);
  const asked = useAsked<IncidentAnswer>(`/api/v1/incidents/${at(id)}`, { everyMs: 5_000 });
  const status = useStatus();
  const open = status?.incidents.find((each) => each.id === id);
  return (
    <Answer of={asked}>
      {({ incident, explanation, failovers }) => {
        const shown = open ?? incident;
        return (
          <>
            <div className="flex flex-wrap items-center gap-3">
              <h1 className="min-w-0 text-pretty">
                <Said text={shown?.cause ?? `Incident ${id}`} most={300} />
              </h1>
              <span className="text-dim">
                {shown?.resolvedAtMs === null ? 'open' : 'over'} · <Said text={id} most={120} />
              </span>
              {shown === null ? null : (
                <Copy
                  text={() =>
                    markdownOf({ incident: shown, story: explanation, failovers, system: status?.system ?? '' })
                  }
                />
              )}
            </div>
            {shown === null ? null : <IncidentCard incident={shown} whole />}
            {shown === null || shown.modes.length === 0 ? null : <Suspects of={shown.modes} />}
            {failovers.length === 0 ? null : <Recovered of={failovers} />}
            <section aria-labelledby="story" className="panel grid gap-3">
              <h2 id="story">The story</h2>
              {explanation === null ? (
                <p className="text-dim">The journal has nothing of it.</p>
              ) : (
                <Story of={explanation} />
              )}
            </section>
          </>
        );
      }}
    </Answer>
  );
}

/** What moved meanwhile, and how long consumers went without. */
function Recovered({ of }: { readonly of: readonly FailoverView[] }) {
  return (
    <section aria-labelledby="recovered" className="panel grid gap-2">
      <h2 id="recovered">What recovered meanwhile, and what it took</h2>
      <ul className="rows text-sm">
        {of.map((each) => (
          <li
            key={`${each.service} ${each.atMs} ${String(each.term)}`}
            className="flex flex-wrap gap-x-5 gap-y-1 py-1.5"
          >
            <At ms={each.atMs} />
            <Link href={`/service/${at(each.service)}`} className="font-semibold">
              <Said text={each.service} most={80} />
            </Link>
            <span>
              <Said text={`${each.from ?? '?'} → ${each.to ?? 'nobody'}`} />
            </span>
            <Said text={each.cause} most={200} />
            <span className="ml-auto tabular-nums">
              <strong>{each.zMs === null ? 'not measured' : duration(each.zMs)}</strong>{' '}
              <span className="text-dim">of {duration(each.declaredZMs)} allowed</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Suspects({ of }: { readonly of: readonly SuspectView[] }) {
  return (
    <section aria-labelledby="suspects" className="panel grid gap-2">
      <h2 id="suspects">What may be behind it; never certain</h2>
      <ul className="rows">
        {of.map((each) => (
          <li key={`${each.mode} ${each.host} ${each.subject}`} className="grid gap-1 py-2 text-sm">
            <p>
              <strong>{each.sure}:</strong> <Said text={each.text} />
            </p>
            {each.for.length === 0 ? null : (
              <p>
                <span className="text-dim">For it:</span> <Said text={each.for.join('; ')} />
              </p>
            )}
            {each.against.length === 0 ? null : (
              <p>
                <span className="text-dim">Against it:</span> <Said text={each.against.join('; ')} />
              </p>
            )}
            <p>
              <span className="text-dim">What to do:</span> <Said text={each.runbook} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Copy({ text }: { readonly text: () => string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'by hand'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setState('copied');
    } catch {
      setState('by hand');
    }
  };
  return (
    <>
      <button type="button" className="button ml-auto" onClick={() => void copy()}>
        Copy as Markdown
      </button>
      <span role="status" className="text-sm text-dim">
        {state === 'copied' ? 'copied' : ''}
      </span>
      {state === 'by hand' ? (
        // Without TLS a browser may refuse the clipboard.
        <textarea
          aria-label="The incident as Markdown"
          readOnly
          className="field h-64 w-full font-mono text-[13px]"
          value={text()}
        />
      ) : null}
    </>
  );
}
