// A run of a runbook, live: what each step did and wrote, and what it asks of a person.

import { useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { RunBlockView, RunView } from '../api-runbook.ts';
import { Prose } from './prose.tsx';
import { Refused } from './refused.tsx';
import { at, type Failure, failureOf, send, useMe } from './ask.ts';
import { Shape, type ShapeName } from './marks.tsx';
import { Code } from './runbook.tsx';
import { Said } from './said.tsx';
import { At, duration } from './times.tsx';
import { useTitle } from './title.ts';

type Word = 'yes' | 'no' | 'skip' | 'again';

const states: Readonly<Record<RunBlockView['state'], readonly [shape: ShapeName, tone: string]>> = {
  pending: ['passive', 'text-dim'],
  approved: ['starting', 'text-link'],
  running: ['starting', 'text-link'],
  ok: ['stands', 'text-good'],
  failed: ['failed', 'text-bad'],
  skipped: ['down', 'text-dim'],
  interrupted: ['unknown', 'text-warn'],
};

/** The page `/runbook/run/ID`. */
export default function Run({ id }: { readonly id: string }) {
  useTitle('Runbook run');
  const { run, refused, heard } = useRun(id);
  if (run === null) return refused === null ? <p role="status">Asking…</p> : <Refused {...refused} />;
  return (
    <>
      {heard && refused === null ? null : (
        <p role="status" className="font-semibold text-warn">
          {refused === null ? 'Connection lost: what you see may be old. Trying again.' : <Said text={refused.why} />}
        </p>
      )}
      <Whole run={run} />
    </>
  );
}

interface Followed {
  readonly run: RunView | null;
  readonly refused: { readonly code: string; readonly why: string; readonly next: string } | null;
  /** False: the stream is broken, and the browser tries again. */
  readonly heard: boolean;
}

/** The run as it goes, with what its steps have written so far, until it ends. */
function useRun(id: string): Followed {
  const [followed, setFollowed] = useState<Followed>({ run: null, refused: null, heard: true });
  useEffect(() => {
    const stream = new EventSource(`/api/v1/runs/${at(id)}/events`);
    // What it says is the server's, of this same version.
    stream.addEventListener('run', (event: MessageEvent<string>) => {
      const run = JSON.parse(event.data) as RunView;
      setFollowed({ run, refused: null, heard: true });
      if (run.phase === 'ended') stream.close();
    });
    stream.addEventListener('refused', (event: MessageEvent<string>) => {
      const refused = JSON.parse(event.data) as NonNullable<Followed['refused']>;
      setFollowed(({ run }) => ({ run, refused, heard: true }));
      // An agent that is silent may be back; a run that is not there stays so.
      if (refused.code !== 'SF-810') stream.close();
    });
    stream.addEventListener('error', () => setFollowed((before) => ({ ...before, heard: false })));
    return () => stream.close();
  }, [id]);
  return followed;
}

function Whole({ run }: { readonly run: RunView }) {
  return (
    <>
      <section className="panel grid gap-3" aria-labelledby="name">
        <h1 id="name">
          <Said text={run.title} most={200} />
        </h1>
        <p role="status" className="text-lg">
          <strong>{standing(run)}</strong> {run.because === null ? null : <Said text={run.because} />}
        </p>
        <p className="text-sm text-dim">
          On <Said text={run.host} />, begun <At ms={run.startedAtMs} /> by <Said text={run.startedBy} />
          {run.why === '' ? null : (
            <>
              : <Said text={run.why} />
            </>
          )}
          {run.allowedBy === null ? null : (
            <>
              ; every step allowed by <Said text={run.allowedBy} />
            </>
          )}
          . <Link href={`/runbook/${at(run.runbook)}`}>The runbook</Link>
        </p>
        {run.needs.kind === 'person' ? <Ask run={run} /> : null}
        {run.needs.kind === 'waiting' ? (
          <p>
            It waits: <Said text={run.needs.why} />
          </p>
        ) : null}
        {run.phase === 'ended' ? null : <GiveUp run={run} />}
      </section>
      <ol className="grid gap-3">
        {run.headings.map((heading, step) => (
          <li key={`${step} ${heading}`} className="panel grid gap-3">
            <h2 className="text-base text-ink">
              {step + 1}. <Said text={heading} />
            </h2>
            {run.blocks
              .filter((block) => block.step === step)
              .map((block) => (
                <Block key={block.index} block={block} />
              ))}
          </li>
        ))}
      </ol>
    </>
  );
}

function standing(run: RunView): string {
  if (run.phase === 'ended')
    return run.outcome === 'done' ? 'Done.' : run.outcome === 'failed' ? 'Failed:' : 'Given up:';
  const taking = run.phase === 'undo' ? 'Taking back. ' : '';
  switch (run.needs.kind) {
    case 'person':
      return `${taking}It waits for a person.`;
    case 'running':
      return `${taking}Under way on ${run.needs.host}.`;
    case 'waiting':
    case 'nothing':
      return `${taking}Under way.`;
    default:
      return run.needs satisfies never;
  }
}

function Block({ block }: { readonly block: RunBlockView }) {
  const [shape, tone] = states[block.state];
  const written = block.output === null ? '' : outputText(block.output);
  return (
    <div className="grid min-w-0 gap-1.5">
      <p className="flex flex-wrap items-center gap-x-3 text-sm">
        <span className={`mark ${tone}`}>
          <Shape of={shape} />
          {block.state}
        </span>
        {block.beganAtMs === null ? null : <At ms={block.beganAtMs} />}
        {block.beganAtMs === null || block.endedAtMs === null ? null : (
          <span className="text-dim">{duration(block.endedAtMs - block.beganAtMs)}</span>
        )}
        {block.code === null ? null : <span className="text-dim">exit status {block.code}</span>}
        {block.signal === null ? null : <span className="text-dim">{block.signal}</span>}
        {block.by === null ? null : (
          <span className="text-dim">
            by <Said text={block.by} />
          </span>
        )}
        {block.why === null ? null : <Said text={block.why} />}
      </p>
      {block.state === 'skipped' ? null : block.kind === 'person' ? (
        <Prose text={block.text} />
      ) : (
        <Code text={block.text} label={`What step ${block.step + 1} runs`} />
      )}
      {written === '' ? null : <Written text={written} step={block.step + 1} live={block.state === 'running'} />}
      {block.undone === null ? null : <p className="text-sm">Taken back: {block.undone.state}</p>}
    </div>
  );
}

/** While it runs the newest stays in sight, unless the reader has gone up to read. */
function Written({ text, step, live }: { readonly text: string; readonly step: number; readonly live: boolean }) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    if (live && atEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [text, live]);
  return (
    <pre
      ref={box}
      className="output"
      tabIndex={0}
      role="group"
      aria-label={`What step ${String(step)} ${live ? 'writes' : 'wrote'}`}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      <Said text={text} most={140_000} />
    </pre>
  );
}

function outputText(output: NonNullable<RunBlockView['output']>): string {
  return output.left === 0
    ? output.head + output.tail
    : `${output.head}\n… ${output.left} characters are not kept …\n${output.tail}`;
}

const answers: Readonly<Record<'approve' | 'confirm' | 'settle', readonly (readonly [word: Word, text: string])[]>> = {
  approve: [
    ['yes', 'Yes, do it'],
    ['skip', 'Leave it out'],
  ],
  confirm: [
    ['yes', 'It is done'],
    ['no', 'It did not work'],
    ['skip', 'Leave it out'],
  ],
  settle: [
    ['yes', 'It was done'],
    ['no', 'It failed'],
    ['again', 'Begin it anew'],
  ],
};

function Ask({ run }: { readonly run: RunView }) {
  const me = useMe();
  const [location] = useLocation();
  const [failure, setFailure] = useState<Failure | null>(null);
  if (run.needs.kind !== 'person') return null;
  const { block: index, undo, what } = run.needs;
  const block = run.blocks[index];
  if (block === undefined) return null;
  if (me?.name === null || me === undefined)
    return <Link href={`/signin?back=${at(location)}`}>Sign in to answer</Link>;
  const say = async (word: Word): Promise<void> => {
    setFailure(null);
    try {
      await send(`/api/v1/runs/${at(run.id)}/word`, { block: index, undo, word, why: '' }, me);
    } catch (error) {
      setFailure(failureOf(error));
    }
  };
  return (
    <div className="grid gap-2 rounded-lg border border-warn bg-caution p-3">
      <p>
        Step {block.step + 1}, <Said text={run.headings[block.step] ?? ''} />:{' '}
        {what === 'approve'
          ? 'may this be done?'
          : what === 'confirm'
            ? 'was this done?'
            : 'it was interrupted: how did it end?'}
      </p>
      {block.kind === 'person' ? (
        <Prose text={block.text} />
      ) : (
        <Code text={undo ? (block.undo ?? '') : block.text} label="What would run" />
      )}
      <div className="flex flex-wrap gap-2">
        {answers[what].map(([word, text], place) => (
          <button
            key={word}
            type="button"
            className={`button ${place === 0 ? 'button-strong' : ''}`}
            onClick={() => void say(word)}
          >
            {text}
          </button>
        ))}
      </div>
      {failure === null ? null : <Refused code={failure.code} why={failure.message} next={failure.next} />}
    </div>
  );
}

function GiveUp({ run }: { readonly run: RunView }) {
  const me = useMe();
  const [sure, setSure] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  if (me?.name === null || me === undefined) return null;
  const abort = async (): Promise<void> => {
    try {
      await send(`/api/v1/runs/${at(run.id)}/abort`, { why: '' }, me);
    } catch (error) {
      setFailure(failureOf(error));
    }
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      {sure ? (
        <>
          <span>A step under way is ended; what was done and can be taken back is offered.</span>
          <button type="button" className="button" onClick={() => void abort()}>
            Yes, give it up
          </button>
        </>
      ) : (
        <button type="button" className="button" onClick={() => setSure(true)}>
          Give it up …
        </button>
      )}
      {failure === null ? null : <Refused code={failure.code} why={failure.message} next={failure.next} />}
    </div>
  );
}
