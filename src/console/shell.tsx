// What stands around every page: where one is, how old what it shows is, who is signed in. Announces changes to who cannot see them.

import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { ConsoleStatus } from '../api-web.ts';
import { send, useForgetMe, useMe } from './ask.ts';
import { useKeys } from './keys.ts';
import { begin, silentAfterMs, useLink, useNow, useStatus } from './live.ts';
import { Shape } from './marks.tsx';
import { Said } from './said.tsx';
import { duration, offsetAt } from './times.tsx';
import { useTheme } from './theme.ts';

const places = [
  ['/', 'Overview'],
  ['/incidents', 'Incidents'],
  ['/hosts', 'Hosts'],
  ['/runbooks', 'Runbooks'],
  ['/assessment', 'Assessment'],
  ['/journal', 'Journal'],
] as const;

/** Around every page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const status = useStatus();
  const [location] = useLocation();
  useKeys();
  const open = status?.incidents.length ?? 0;
  return (
    <>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-20 focus:rounded-lg focus:bg-panel focus:p-2"
      >
        To the content
      </a>
      <header className="sticky top-0 z-10 border-b border-line bg-panel">
        <div className="mx-auto flex max-w-[100rem] flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6">
          <Link href="/" className="flex items-center gap-2 font-semibold text-ink">
            <Shape of="stands" size={16} />
            <Said text={status?.system ?? 'Standfast'} most={60} />
          </Link>
          <nav
            aria-label="Pages"
            className="relative order-last -mx-2 flex w-full overflow-x-auto lg:order-none lg:w-auto"
          >
            {places.map(([href, name]) => {
              const here = href === '/' ? location === '/' : location.startsWith(href.replace(/s$/, ''));
              return (
                <Link
                  key={href}
                  href={href}
                  aria-current={here ? 'page' : undefined}
                  className={`flex min-h-9 items-center gap-1.5 rounded-lg px-2.5 text-sm whitespace-nowrap no-underline hover:no-underline ${here ? 'bg-raised font-semibold text-ink' : 'text-dim hover:text-ink'}`}
                >
                  {name}
                  {href === '/incidents' && open > 0 ? (
                    <span className="rounded-full bg-alarm px-1.5 text-xs leading-5 font-bold text-white">
                      {open}
                      <span className="sr-only"> open</span>
                    </span>
                  ) : null}
                </Link>
              );
            })}
          </nav>
          <div className="ml-auto flex items-center gap-2">
            <Age status={status} />
            <Person />
            <Link href="/help" className="button px-2.5" aria-label="Keys and signs">
              ?
            </Link>
          </div>
        </div>
      </header>
      <Banner status={status} />
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto grid max-w-[100rem] gap-4 px-4 py-4 outline-none sm:px-6 sm:py-5"
      >
        {children}
      </main>
      <footer className="mx-auto flex flex-wrap items-center gap-x-4 gap-y-2 max-w-[100rem] px-4 pb-6 text-sm text-dim sm:px-6">
        <span>
          Times are in your zone, {offsetAt(Date.now())}.{' '}
          {status === null ? null : (
            <>
              Told by the agent of <Said text={status.source.host} />.
            </>
          )}
        </span>
        <Theme />
      </footer>
      <Announced status={status} />
    </>
  );
}

/** Said to who cannot see it, once for each change: the sentence alone counts seconds. */
function Announced({ status }: { readonly status: ConsoleStatus | null }) {
  const what = status === null ? '' : `${status.severity} ${status.incidents.map((each) => each.id).join(' ')}`;
  const [said, setSaid] = useState({ what: '', text: '' });
  if (said.what !== what) setSaid({ what, text: status?.sentence ?? '' });
  return (
    <p className="sr-only" aria-live="polite">
      {said.text}
    </p>
  );
}

/** How old what is shown is, ms; null: nothing is shown. */
function useAgeMs(status: ConsoleStatus | null): number | null {
  const link = useLink();
  const now = useNow(1_000);
  if (status === null) return null;
  const sinceHeard = Math.max(0, now - link.heardAtMs);
  const atHearing = link.pulse === null ? 0 : Math.max(0, link.pulse.atMs - link.pulse.source.asOfMs);
  return sinceHeard + atHearing;
}

function Age({ status }: { readonly status: ConsoleStatus | null }) {
  const ageMs = useAgeMs(status);
  if (ageMs === null) return null;
  const old = ageMs > silentAfterMs;
  return (
    <span className={`mark tabular-nums ${old ? 'font-semibold text-warn' : 'text-dim'}`}>
      <Shape of={old ? 'unknown' : 'active'} size={9} />
      {old ? `${duration(ageMs)} old` : 'live'}
    </span>
  );
}

/** In the way of the eye when what is shown can't be trusted. */
function Banner({ status }: { readonly status: ConsoleStatus | null }) {
  const link = useLink();
  const ageMs = useAgeMs(status);
  const lost = link.state === 'lost' || (status !== null && ageMs !== null && ageMs > silentAfterMs);
  const text =
    link.state === 'refused'
      ? 'This console shows nothing to who is not signed in.'
      : link.state === 'lost'
        ? `Connection lost. ${status === null ? 'Nothing is known here.' : `What you see is ${duration(ageMs)} old and may be wrong.`} Trying again.`
        : status?.source.agent === 'silent'
          ? `The agent of ${status.source.host} is silent: ${status.source.why ?? 'no reason known'}. What you see is ${duration(ageMs)} old.`
          : lost
            ? `Nothing was heard from the server for ${duration(ageMs)}. What you see may be wrong.`
            : null;
  return (
    <div role="alert">
      {text === null ? null : (
        <p className="border-b-2 border-warn bg-caution px-4 py-2.5 font-semibold sm:px-6">
          <Said text={text} /> {link.state === 'refused' ? <Link href="/signin">Sign in</Link> : null}
        </p>
      )}
    </div>
  );
}

function Theme() {
  const [theme, choose] = useTheme();
  return (
    <label className="flex items-center gap-2 sm:ml-auto">
      Colours
      <select className="field border-line py-0 text-sm" value={theme} onChange={(event) => choose(event.target.value)}>
        <option value="system">as the system</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  );
}

function Person() {
  const me = useMe();
  const forget = useForgetMe();
  const [location] = useLocation();
  if (me === undefined) return null;
  if (me.name === null)
    return (
      <Link href={`/signin?back=${encodeURIComponent(location)}`} className="button">
        Sign in
      </Link>
    );
  const out = async (): Promise<void> => {
    await send('/api/v1/sign-out', {}, me);
    begin();
    await forget();
  };
  return (
    <button type="button" className="button" title={`${me.name} may ${me.role ?? 'look'}`} onClick={() => void out()}>
      <Said text={me.name} most={24} /> <span className="text-dim">sign out</span>
    </button>
  );
}
