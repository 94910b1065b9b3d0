// What this host tells to people who ask at another: its journal, its failovers and what its services wrote. Read only, bounded, and never in the loop's way.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { DetailsView } from '../api-web.ts';
import type { FailoverView, JournalLine } from '../api.ts';
import { outputOf, readFrom, tail } from '../cli/outputs/files.ts';
import type { SystemLayout } from '../layout.ts';
import type { JournalWish } from './journal-reader-worker.ts';
import { failoversIn } from './failovers.ts';

const journalQuery = z.object({
  sinceMs: z.number().optional(),
  untilMs: z.number().optional(),
  service: z.string().optional(),
  kinds: z.array(z.string()).max(100).optional(),
  incident: z.string().optional(),
  limit: z.number().int().min(1).max(5000),
});
const outputQuery = z.object({ service: z.string(), lines: z.number().int().min(0).max(100_000) });
const sinceQuery = z.object({ service: z.string(), from: z.number().min(0) });

/** The last lines of an output, and where in its file they end: what comes later is asked for from there. */
interface OutputLines {
  readonly lines: readonly string[];
  readonly end: number;
}

/** Answers; rejects with what is wrong in words. */
export async function answerPeer(
  here: {
    readonly host: string;
    readonly system: SystemLayout;
    /** Null: the agent has only just begun. */
    details(): DetailsView | null;
  },
  what: string,
  body: unknown,
): Promise<unknown> {
  const layout = here.system.host(here.host);
  switch (what) {
    case 'journal':
      return await readInThread({ files: [layout.journalFile], query: journalQuery.parse(body) });
    case 'failovers':
      return (await failoversHere([layout.journalFile])) satisfies readonly FailoverView[];
    case 'output': {
      const { service, lines } = outputQuery.parse(body);
      const output = await outputOf(here.host, layout.output(service), service);
      if (output === null) return { lines: [], end: 0 } satisfies OutputLines;
      return { lines: await tail(output, lines), end: output.size } satisfies OutputLines;
    }
    case 'outputSince': {
      const { service, from } = sinceQuery.parse(body);
      const output = await outputOf(here.host, layout.output(service), service);
      if (output === null) return { lines: [], end: 0 } satisfies OutputLines;
      return (await readFrom(output.file, from)) satisfies OutputLines;
    }
    case 'details': {
      const details = here.details();
      if (details === null) throw new Error(`the agent of ${here.host} has only just begun`);
      return details satisfies DetailsView;
    }
    default:
      throw new Error(`host ${here.host} runs a version that knows nothing of "${what}"`);
  }
}

/** The failovers that these journals tell of, read beside the loop. */
export async function failoversHere(files: readonly string[]): Promise<readonly FailoverView[]> {
  return failoversIn(await readInThread({ files, query: { kinds: ['failover'], limit: mostFailovers } }));
}

const mostFailovers = 1000;

async function readInThread(wish: JournalWish): Promise<readonly JournalLine[]> {
  const source = new URL(`./journal-reader-worker${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(source, { workerData: wish, name: 'journal reader' });
  try {
    return await new Promise<readonly JournalLine[]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the journal could not be read')));
    });
  } finally {
    void worker.terminate();
  }
}
