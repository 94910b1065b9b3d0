// A runbook as it would run now, step by step, and the button that begins it.

import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { RunbookView, RunView } from '../api-runbook.ts';
import { Dialog } from './act.tsx';
import { Prose } from './prose.tsx';
import { Refused } from './refused.tsx';
import { at, Failure, failureOf, send, useAsked, useMe } from './ask.ts';
import { Said } from './said.tsx';
import { Answer } from './states.tsx';
import { useTitle } from './title.ts';

const kinds = { check: 'looks', do: 'changes something', person: 'for a person' } as const;

/** The page `/runbook/NAME`. */
export default function Runbook({ name }: { readonly name: string }) {
  const host = new URLSearchParams(useSearch()).get('host');
  useTitle(`Runbook ${name}`);
  const asked = useAsked<{ readonly value: RunbookView }>(
    `/api/v1/runbooks/${at(name)}${host === null ? '' : `?host=${at(host)}`}`,
  );
  return (
    <Answer of={asked}>
      {({ value: book }) => (
        <>
          <div className="flex flex-wrap items-center gap-3">
            <h1>
              <Said text={book.title} most={200} />
            </h1>
            <span className="text-dim">
              on <Said text={book.host} />
            </span>
            <span className="ml-auto">
              <Begin book={book} />
            </span>
          </div>
          {book.about === '' ? null : (
            <div className="panel">
              <Prose text={book.about} />
            </div>
          )}
          {book.found.length === 0 ? null : (
            <ul role="alert" className="panel text-warn">
              {book.found.map((each) => (
                <li key={`${each.line} ${each.message}`}>
                  <Said text={`line ${each.line}: ${each.message}`} />
                </li>
              ))}
            </ul>
          )}
          <ol className="grid gap-3">
            {book.headings.map((heading, step) => (
              <li key={`${heading.line}`} className="panel grid gap-3">
                <h2 className="text-base text-ink">
                  {step + 1}. <Said text={heading.title} />
                </h2>
                {heading.text === '' ? null : <Prose text={heading.text} />}
                {book.blocks
                  .filter((block) => block.step === step)
                  .map((block) => (
                    <div key={block.index} className="grid min-w-0 gap-1">
                      <p className="text-[13px] text-dim">
                        {kinds[block.kind]} on <Said text={block.host} />
                        {block.marks.length === 0 ? '' : ', '}
                        <Said text={block.marks.join(', ')} />
                      </p>
                      {block.kind === 'person' ? null : <Code text={block.filled} label={`Step ${step + 1}`} />}
                    </div>
                  ))}
              </li>
            ))}
          </ol>
        </>
      )}
    </Answer>
  );
}

/** Text as it stands, of 20,000 characters at most; `label` is for who hears it. */
export function Code({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <pre className="output" tabIndex={0} role="group" aria-label={label}>
      <Said text={text} most={20_000} />
    </pre>
  );
}

function Begin({ book }: { readonly book: RunbookView }) {
  const me = useMe();
  const [open, setOpen] = useState(false);
  const [allow, setAllow] = useState(false);
  const [why, setWhy] = useState('');
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [state, setState] = useState<'idle' | 'sending' | Failure>('idle');
  const [location, navigate] = useLocation();
  const begin = async (): Promise<void> => {
    setState('sending');
    try {
      const body = { host: book.host, why, allow, values };
      const { value } = await send<{ readonly value: RunView }>(`/api/v1/runbooks/${at(book.name)}/runs`, body, me);
      navigate(`/runbook/run/${at(value.id)}`);
    } catch (error) {
      setState(failureOf(error));
    }
  };
  const signedIn = me?.name !== null && me !== undefined;
  return (
    <>
      <button
        type="button"
        className="button button-strong"
        aria-haspopup="dialog"
        onClick={() => (signedIn ? setOpen(true) : navigate(`/signin?back=${at(location)}`))}
      >
        {signedIn ? 'Run it' : 'Sign in to run it'}
      </button>
      {open ? (
        <Dialog title={`Run “${book.title}” on ${book.host}`} onClose={() => setOpen(false)}>
          <p>
            Checks run by themselves. Each step that changes something asks first
            {allow ? ', but you allow them all' : ''}. {book.blocks.filter((each) => each.kind === 'do').length} of{' '}
            {book.blocks.length} change something.
          </p>
          {book.asks.map((each) => (
            <label key={each} className="grid gap-1 text-sm">
              <Said text={each} />
              <input
                className="field"
                value={values[each] ?? ''}
                onChange={(event) => setValues({ ...values, [each]: event.target.value })}
              />
            </label>
          ))}
          <label className="flex items-center gap-2 text-sm">
            <input type="checkbox" checked={allow} onChange={(event) => setAllow(event.target.checked)} />
            Allow every step beforehand
          </label>
          <label className="grid gap-1 text-sm">
            Why (others read it)
            <input className="field" value={why} maxLength={2000} onChange={(event) => setWhy(event.target.value)} />
          </label>
          {state instanceof Failure ? <Refused code={state.code} why={state.message} next={state.next} /> : null}
          <div className="flex justify-end gap-2">
            <button type="button" className="button" onClick={() => setOpen(false)}>
              Cancel
            </button>
            <button
              type="button"
              className="button button-strong"
              disabled={state === 'sending'}
              onClick={() => void begin()}
            >
              Yes, run it
            </button>
          </div>
        </Dialog>
      ) : null}
    </>
  );
}
