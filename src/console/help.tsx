// Keys and signs.

import type { Phase } from '../model/states.ts';
import type { Severity } from '../model/system.ts';
import { goes } from './keys.ts';
import { HostMark, PhaseMark, SeverityMark, severityWord } from './marks.tsx';
import { useTitle } from './title.ts';

const phases: readonly (readonly [phase: Phase, text: string])[] = [
  ['active', 'its output counts'],
  ['standby', 'runs and keeps the state, emits nothing'],
  ['passive', 'runs, holds no state'],
  ['starting', 'not ready yet'],
  ['stopping', 'ends in order'],
  ['down', 'does not run'],
  ['failed', 'ended again and again'],
  ['unknown', 'nothing was heard of it lately'],
];
const severities: readonly Severity[] = [1, 2, 3, 0];

/** The page `/help`. */
export default function Help() {
  useTitle('Keys and signs');
  return (
    <>
      <h1>Keys and signs</h1>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <section aria-labelledby="keys" className="panel grid gap-3">
          <h2 id="keys">Keys</h2>
          <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2">
            {goes.map(([key, , text]) => (
              <Key key={key} keys={['g', key]} text={text} />
            ))}
            <Key keys={['/']} text="filter what is shown" />
            <Key keys={['↑', '↓', '←', '→']} text="move in services × hosts; Enter opens" />
            <Key keys={['?']} text="this page" />
            <Key keys={['Esc']} text="close, or leave a field" />
          </dl>
        </section>
        <section aria-labelledby="signs" className="panel grid gap-3">
          <h2 id="signs">Signs</h2>
          <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2">
            {phases.map(([phase, text]) => (
              <Sign key={phase} text={text}>
                <PhaseMark phase={phase} severity={phase === 'failed' ? 1 : 0} />
              </Sign>
            ))}
            <Sign text="a host whose agent is not heard: not known, never shown as healthy">
              <HostMark state="silent" />
            </Sign>
            {severities.map((severity) => (
              <Sign key={severity} text={severityWord[severity]}>
                <SeverityMark severity={severity} />
              </Sign>
            ))}
          </dl>
        </section>
      </div>
      <section aria-labelledby="letters" className="panel grid gap-1">
        <h2 id="letters">What a recovery takes</h2>
        <p>z = d + s + b + i: detecting, switching, booting, initialising. “?” is not measured, which is not 0.</p>
      </section>
    </>
  );
}

function Key({ keys, text }: { readonly keys: readonly string[]; readonly text: string }) {
  return (
    <>
      <dt className="flex gap-1">
        {keys.map((each) => (
          <kbd key={each} className="kbd">
            {each}
          </kbd>
        ))}
      </dt>
      <dd>{text}</dd>
    </>
  );
}

function Sign({ text, children }: { readonly text: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt>{children}</dt>
      <dd>{text}</dd>
    </>
  );
}
