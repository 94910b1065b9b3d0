// The agent's side of the detectors: one thread, told what to watch, that tells what it sees. Nothing that it touches can hold up the agent's loop: no
// file call is made here, and what a hung file system stops is a process of the thread's, or at worst the thread.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorWords } from '../../model/error-words.ts';
import type { Ask, LookTold, Tell } from './messages.ts';
import type { Watch } from './watch.ts';

/** The detectors of this host. */
export interface Scout {
  /** What to look at from now on. */
  watch(watch: Watch): void;
  close(): void;
}

/** `log`: for what goes wrong with the thread itself. */
export interface ScoutOptions {
  readonly onLook: (look: LookTold) => void;
  readonly log: (text: string) => void;
}

/** A thread that ends is started again after this; what it knew of trends is begun anew. */
const againAfterMs = 5000;

/** Starts the detectors at the first `watch`. */
export function openScout(options: ScoutOptions): Scout {
  let thread: Worker | null = null;
  let current: Watch | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  const complained = new Set<string>();

  const start = (): void => {
    const made = new Worker(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url), {
      name: 'detectors',
      resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2 },
    });
    thread = made;
    made.unref();
    made.on('message', (message: Tell) => {
      if (closed) return;
      if (message.kind === 'look') options.onLook(message.look);
      else complain(`detector ${message.detector}: ${message.why}`);
    });
    made.on('error', (error) => complain(`the detectors' thread: ${errorWords(error)}`));
    made.on('exit', () => {
      thread = null;
      if (closed) return;
      timer = setTimeout(() => {
        timer = null;
        start();
        post();
      }, againAfterMs);
      timer.unref();
    });
  };
  const post = (): void => {
    if (current !== null && thread !== null) ask(thread, { watch: current });
  };
  /** Each complaint once: a detector that fails fails every few seconds. */
  const complain = (text: string): void => {
    if (complained.has(text)) return;
    complained.add(text);
    options.log(text);
  };

  return {
    watch(watch) {
      current = watch;
      if (closed) return;
      if (thread === null && timer === null) start();
      post();
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      void thread?.terminate();
    },
  };
}

function ask(thread: Worker, message: Ask): void {
  thread.postMessage(message);
}
