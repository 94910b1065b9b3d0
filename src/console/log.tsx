// What a service writes, live: the last lines of each host, asked for again while the page is seen.

import { useEffect, useRef, useState } from 'react';
import type { LogTail } from '../api-web.ts';
import { at, useAsked } from './ask.ts';
import { Said, visible } from './said.tsx';
import { Answer, NotFrom } from './states.tsx';

const lines = 200;
const everyMs = 1_500;
/** A line may be a megabyte. */
const longestLine = 2_000;

/** The log on a service's page. */
export function LogTailPanel({ service }: { readonly service: string }) {
  const [follows, setFollows] = useState(true);
  const asked = useAsked<LogTail>(`/api/v1/logs/${at(service)}?lines=${lines}`, follows ? { everyMs } : {});
  return (
    <section aria-labelledby="log" className="panel grid gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="log">What it wrote last</h2>
        <label className="ml-auto flex items-center gap-2 text-sm">
          <input type="checkbox" checked={follows} onChange={(event) => setFollows(event.target.checked)} />
          follow
        </label>
      </div>
      <Answer of={asked}>
        {(tail) => (
          <>
            {tail.outputs.map((output) => (
              <div key={output.host} className="grid min-w-0 gap-1">
                <h3 className="text-sm">
                  <Said text={output.host} />
                </h3>
                <Output
                  host={output.host}
                  text={output.lines.map((line) => visible(line, longestLine)).join('\n')}
                  follows={follows}
                />
                {output.cut ? <p className="text-sm text-dim">Very long lines were cut.</p> : null}
              </div>
            ))}
            <NotFrom gaps={tail.missing} what="output" />
          </>
        )}
      </Answer>
    </section>
  );
}

function Output({ host, text, follows }: { readonly host: string; readonly text: string; readonly follows: boolean }) {
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (follows && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [text, follows]);
  return (
    <pre ref={box} className="output" dir="ltr" tabIndex={0} role="group" aria-label={`Output on ${host}`}>
      {text === '' ? 'It wrote nothing.' : text}
    </pre>
  );
}
