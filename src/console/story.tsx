// A story from the journal: why something is as it is, in order. What only matters to who asks for everything is folded away.

import { useState } from 'react';
import type { ExplanationView } from '../api-web.ts';
import { Said } from './said.tsx';
import { NotFrom } from './states.tsx';
import { At } from './times.tsx';

/** The newest; the rest on demand. */
const mostSteps = 60;

/** The steps of an explanation. */
export function Story({ of }: { readonly of: ExplanationView }) {
  const [everything, setEverything] = useState(false);
  const told = everything ? of.steps : of.steps.filter((step) => !step.detail).slice(-mostSteps);
  const hidden = of.steps.length - told.length;
  return (
    <div className="grid gap-3">
      <p>
        <Said text={of.state} />
      </p>
      <ol className="rows">
        {told.map((step, index) => (
          <li
            key={`${step.atMs} ${String(index)}`}
            className="grid gap-x-4 py-1.5 text-sm sm:grid-cols-[auto_1fr_auto]"
          >
            <At ms={step.atMs} fine />
            <span className="min-w-0">
              <Said text={step.text} most={1_500} />
            </span>
            <span className="text-dim">{step.rule === null ? '' : `rule ${step.rule}`}</span>
          </li>
        ))}
      </ol>
      {told.length === 0 ? <p className="text-dim">The journal has nothing of it.</p> : null}
      {hidden > 0 || everything ? (
        <p>
          <button
            type="button"
            className="button"
            aria-expanded={everything}
            onClick={() => setEverything(!everything)}
          >
            {everything ? 'Only what matters' : `${hidden} more lines`}
          </button>
        </p>
      ) : null}
      {of.waitingFor === null ? null : (
        <p>
          Waiting for: <Said text={of.waitingFor} />
        </p>
      )}
      {of.consumers === null ? null : (
        <p>
          <Said text={of.consumers} />
        </p>
      )}
      {of.youCan.length === 0 ? null : (
        <p>
          You can: <Said text={of.youCan.join(' · ')} />
        </p>
      )}
      <NotFrom gaps={of.missing} what="journal" />
    </div>
  );
}
