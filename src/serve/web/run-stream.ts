// A run of a runbook, live, for all pages that look at it: its agent is asked once, however many look on, and each gets the newest as soon as there is
// something new: what a step has written so far, too. Who reads too slowly misses what lies between.

import type { ServerResponse } from 'node:http';
import type { RunbookAnswer, RunView } from '../../api-runbook.ts';
import { errorWords } from '../../model/error-words.ts';
import type { ConsolePort } from './port.ts';

interface RunStreams {
  /** Takes the response over. False: too many look on already. */
  add(run: string, response: ServerResponse): boolean;
  close(): void;
}

/** Pages that look at runs at once. */
const mostPages = 128;
/** A step that writes all the time is shown so often at most. */
const gatherMs = 150;
/** An agent that did not answer is asked again after this. */
const againMs = 1_000;

interface Stream {
  readonly pages: Set<ServerResponse>;
  newest: string | null;
}

/** Asks nothing until a page looks on. */
export function openRunStreams(port: Pick<ConsolePort, 'runbooks'>): RunStreams {
  const streams = new Map<string, Stream>();

  const tell = (stream: Stream, text: string): void => {
    for (const page of stream.pages) if (!page.writableNeedDrain) page.write(text);
  };
  const follow = async (id: string, stream: Stream): Promise<void> => {
    let version: string | null = null;
    while (stream.pages.size > 0) {
      const answer = await asked(port, id, version);
      if (answer.ok && answer.value.version === version) tell(stream, ': \n\n');
      else {
        stream.newest = eventOf(answer);
        tell(stream, stream.newest);
      }
      if (answer.ok) ({ version } = answer.value);
      const over = answer.ok ? answer.value.phase === 'ended' : answer.code !== silent;
      if (over) break;
      await new Promise((resolve) => setTimeout(resolve, answer.ok ? gatherMs : againMs));
    }
    streams.delete(id);
    for (const page of stream.pages) page.end();
  };

  return {
    add(id, page) {
      const looking = [...streams.values()].reduce((sum, each) => sum + each.pages.size, 0);
      if (looking >= mostPages) return false;
      const known = streams.get(id);
      const stream = known ?? { pages: new Set<ServerResponse>(), newest: null };
      stream.pages.add(page);
      page.once('close', () => stream.pages.delete(page));
      page.on('error', () => page.destroy());
      page.on('drain', () => {
        if (stream.newest !== null) page.write(stream.newest);
      });
      page.write(`retry: 1000\n\n${stream.newest ?? ''}`);
      if (known === undefined) {
        streams.set(id, stream);
        void follow(id, stream);
      }
      return true;
    },
    close() {
      for (const { pages } of streams.values())
        for (const page of pages) {
          pages.delete(page);
          page.end();
        }
    },
  };
}

/** The agent may be back in a moment: that is no answer about the run. */
const silent = 'SF-810';

async function asked(
  port: Pick<ConsolePort, 'runbooks'>,
  id: string,
  version: string | null,
): Promise<RunbookAnswer<RunView>> {
  try {
    return await port.runbooks().run(id, version);
  } catch (error) {
    const why = `the agent does not answer: ${errorWords(error)}`;
    return { ok: false, code: silent, why, next: 'The run is kept and goes on when its agent is back.' };
  }
}

function eventOf(answer: RunbookAnswer<RunView>): string {
  return answer.ok
    ? `event: run\ndata: ${JSON.stringify(answer.value)}\n\n`
    : `event: refused\ndata: ${JSON.stringify({ code: answer.code, why: answer.why, next: answer.next })}\n\n`;
}
