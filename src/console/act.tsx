// A button that acts, in two steps: what will happen, from the server's preview, or why it is refused; then yes. What was begun is shown until it is
// done or failed. The dialog is the browser's own: it keeps the focus, makes the rest inert and closes with Esc, without a style in the page.

import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { ActionPreview, Me } from '../api-web.ts';
import type { IntentAnswer } from '../api.ts';
import { type Action, titleOf } from './action.ts';
import { Failure, failureOf, send, useMe } from './ask.ts';
import { Follow } from './follow.tsx';
import { Refused } from './refused.tsx';
import { Said } from './said.tsx';

const lasting: ReadonlySet<string> = new Set(['pause', 'maintenance', 'ban']);
const lengths: readonly (readonly [ms: number, text: string])[] = [
  [1_800_000, '30 minutes'],
  [3_600_000, '1 hour'],
  [14_400_000, '4 hours'],
  [86_400_000, '1 day'],
];

/** `children`: what stands on the button. `hosts`: of a failover, where it may go. */
export function ActButton({
  action,
  hosts,
  children,
}: {
  readonly action: Action;
  readonly hosts?: readonly string[];
  readonly children: ReactNode;
}) {
  // What was asked for stays so, though the button may mean something else by then: after a pause it resumes.
  const [asked, setAsked] = useState<Action | null>(null);
  const close = (): void => setAsked(null);
  return (
    <>
      <button type="button" className="button" aria-haspopup="dialog" onClick={() => setAsked(action)}>
        {children}
      </button>
      {asked === null ? null : (
        <Dialog title={titleOf(asked)} onClose={close}>
          <Steps action={asked} hosts={hosts ?? []} onClose={close} />
        </Dialog>
      )}
    </>
  );
}

/** The browser's modal dialog; closed with Esc as well. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <div className="grid gap-4 p-5">
        <h2 id={id} className="text-lg font-semibold tracking-tight text-ink">
          <Said text={title} />
        </h2>
        {children}
      </div>
    </dialog>
  );
}

function Steps({
  action,
  hosts,
  onClose,
}: {
  readonly action: Action;
  readonly hosts: readonly string[];
  readonly onClose: () => void;
}) {
  const me = useMe();
  const [location] = useLocation();
  if (me === undefined) return <p role="status">Asking who you are…</p>;
  if (me.name === null)
    return (
      <>
        <p>Everything that people do here carries their name: sign in first.</p>
        <Buttons onClose={onClose}>
          <Link className="button button-strong" href={`/signin?back=${encodeURIComponent(location)}`}>
            Sign in
          </Link>
        </Buttons>
      </>
    );
  return <Ask action={action} hosts={hosts} me={me} onClose={onClose} />;
}

function Ask({
  action,
  hosts,
  me,
  onClose,
}: {
  readonly action: Action;
  readonly hosts: readonly string[];
  readonly me: Me;
  readonly onClose: () => void;
}) {
  const [host, setHost] = useState(action.host);
  const [why, setWhy] = useState('');
  const [forMs, setForMs] = useState(3_600_000);
  const [acceptLoss, setAcceptLoss] = useState(false);
  const [sent, setSent] = useState<'no' | 'sending' | IntentAnswer>('no');
  const [failure, setFailure] = useState<Failure | null>(null);
  const hasLength = lasting.has(action.kind) && action.end !== true;
  const body = {
    kind: action.kind,
    service: action.service,
    host,
    forMs: hasLength ? forMs : null,
    acceptLoss,
    end: action.end === true,
  };
  const preview = useQuery({
    queryKey: ['preview', body],
    queryFn: () => send<ActionPreview>('/api/v1/intents/preview', { ...body, why: '' }, me),
    refetchInterval: sent === 'no' ? 5_000 : false,
    retry: false,
  });
  const allowed = preview.data?.answer.ok === true;
  const act = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setSent('sending');
    setFailure(null);
    try {
      setSent(await send<IntentAnswer>('/api/v1/intents', { ...body, why }, me));
    } catch (error) {
      setSent('no');
      setFailure(failureOf(error));
    }
  };
  if (typeof sent === 'object')
    return (
      <>
        <Follow action={{ ...action, host }} answer={sent} />
        <Buttons onClose={onClose} close="Close" />
      </>
    );
  return (
    <form className="grid gap-4" onSubmit={(event) => void act(event)}>
      {action.kind === 'failover' ? (
        <label className="grid gap-1 text-sm">
          To
          <select className="field" value={host ?? ''} onChange={(event) => setHost(event.target.value || null)}>
            <option value="">the best host that can take it</option>
            {hosts.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {hasLength ? (
        <label className="grid gap-1 text-sm">
          For
          <select className="field" value={forMs} onChange={(event) => setForMs(Number(event.target.value))}>
            {lengths.map(([ms, text]) => (
              <option key={ms} value={ms}>
                {text}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <div role="status" className="min-h-12 rounded-lg bg-raised p-3">
        <WillOrWhyNot preview={preview.data} failure={preview.error} />
      </div>
      {action.kind === 'failover' ? (
        <label className="flex items-center gap-2 text-sm">
          <input type="checkbox" checked={acceptLoss} onChange={(event) => setAcceptLoss(event.target.checked)} />
          Accept that the newest data may be lost
        </label>
      ) : null}
      <label className="grid gap-1 text-sm">
        Why (others read it)
        <input className="field" value={why} maxLength={2000} onChange={(event) => setWhy(event.target.value)} />
      </label>
      {failure === null ? null : <Refused code={failure.code} why={failure.message} next={failure.next} />}
      <Buttons onClose={onClose}>
        <button type="submit" className="button button-strong" disabled={!allowed || sent === 'sending'}>
          <Said text={`Yes, ${small(titleOf({ ...action, host }))}`} />
        </button>
      </Buttons>
      <p className="text-sm text-dim">
        It goes to the journal as done by <Said text={me.name ?? ''} />.
      </p>
    </form>
  );
}

function WillOrWhyNot({
  preview,
  failure,
}: {
  readonly preview: ActionPreview | undefined;
  readonly failure: Error | null;
}) {
  if (failure instanceof Failure) return <Refused code={failure.code} why={failure.message} next={failure.next} />;
  if (preview === undefined) return <p>Asking what would happen…</p>;
  if (!preview.answer.ok) return <Refused {...preview.answer} />;
  return (
    <p>
      <Said text={preview.will ?? preview.answer.text} />
    </p>
  );
}

function Buttons({
  onClose,
  close = 'Cancel',
  children,
}: {
  readonly onClose: () => void;
  readonly close?: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="flex flex-wrap justify-end gap-2">
      <button type="button" className="button" onClick={onClose}>
        {close}
      </button>
      {children}
    </div>
  );
}

function small(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
