// The console's own process, so that pages, passwords and a crash of it never cost the loop. The agent starts it, starts it again when it ended, and
// waits for it in nothing. It ends with the agent: its line to us breaks.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ConsoleView } from '../api-web.ts';

interface ConsoleProcess {
  /** Another description is in force: it is read anew. `wanted` false: no console. */
  use(hash: string, wanted: boolean): void;
  view(): ConsoleView;
  close(): void;
}

/** Beside this folder: `.ts` in a checkout, `.js` when built. */
const program = fileURLToPath(new URL(`../web${extname(import.meta.url)}`, import.meta.url));
const nodeFlags = ['--max-old-space-size=512', '--max-semi-space-size=8'];
/** One that ended is started again after this, and after twice as long each time up to the most. */
const firstPauseMs = 1_000;
const mostPauseMs = 60_000;
/** One that lived so long has got over what ended it. */
const recoveredMs = 60_000;

const said: z.ZodType<ConsoleView> = z.object({
  state: z.enum(['off', 'starting', 'listening', 'waiting', 'failed']),
  url: z.string().nullable(),
  why: z.string().nullable(),
});

/** Nothing runs before `use`. */
export function openConsoleProcess(options: {
  readonly state: string;
  readonly system: string;
  readonly host: string;
  /** Its standard output and error go there. */
  readonly logFile: string;
  /** No process is started before. */
  readonly after: Promise<void>;
  readonly log: (text: string) => void;
}): ConsoleProcess {
  let child: ChildProcess | null = null;
  let view: ConsoleView = { state: 'off', url: null, why: 'the description says console: false' };
  let inUse = '';
  let timer: NodeJS.Timeout | null = null;
  let pauseMs = firstPauseMs;
  let wantedNow = false;

  const start = (): void => {
    timer = null;
    const startedAt = performance.now();
    view = { state: 'starting', url: null, why: view.why };
    const output = openSync(options.logFile, 'a', 0o600);
    const made = spawn(
      process.execPath,
      [...nodeFlags, program, '--state', options.state, '--system', options.system, '--host', options.host],
      { stdio: ['ignore', output, output, 'ipc'], cwd: '/' },
    );
    closeSync(output);
    child = made;
    made.on('message', (message) => {
      const parsed = said.safeParse(message);
      if (!parsed.success || child !== made) return;
      view = parsed.data;
      options.log(
        `console: ${view.state}${view.url === null ? '' : ` ${view.url}`}${view.why === null ? '' : `, ${view.why}`}`,
      );
    });
    // Without a listener an error on the line would end the agent.
    made.on('error', (error) => {
      options.log(`console: ${error.message}`);
      ended(null, null);
    });
    made.on('exit', ended);
    let over = false;
    function ended(code: number | null, signal: string | null): void {
      if (over || child !== made) return;
      over = true;
      child = null;
      if (performance.now() - startedAt > recoveredMs) pauseMs = firstPauseMs;
      const how = signal === null ? `exit ${code}` : `signal ${signal}`;
      view = {
        state: 'failed',
        url: null,
        why: `SF-824 the console ended (${how}) and is started again in ${pauseMs / 1000} s. Its log: ${options.logFile}`,
      };
      options.log(view.why ?? '');
      timer = setTimeout(start, pauseMs);
      pauseMs = Math.min(mostPauseMs, pauseMs * 2);
    }
  };

  const stop = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const ending = child;
    child = null;
    ending?.disconnect();
  };

  return {
    use(hash, wanted) {
      if (hash === inUse) return;
      inUse = hash;
      wantedNow = wanted;
      stop();
      if (!wantedNow) {
        view = { state: 'off', url: null, why: 'the description says console: false' };
        return;
      }
      view = { state: 'starting', url: null, why: null };
      void options.after.then(() => {
        if (wantedNow && hash === inUse && child === null && timer === null) start();
      });
    },
    view: () => view,
    close() {
      wantedNow = false;
      stop();
    },
  };
}
