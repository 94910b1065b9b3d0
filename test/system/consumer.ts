// A consumer that asks every instance all the time and remembers who answered as active, under which term, and when.

import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface Answer {
  readonly host: string;
  readonly term: number;
  /** Monotonic ms. */
  readonly sentAt: number;
  readonly at: number;
}

export interface Consumer {
  /** In the order in which they came. */
  readonly answers: readonly Answer[];
  stop(): Promise<void>;
}

const everyMs = 3;
const answerWithinMs = 500;

/** Asks `GET /answer` at every port until stopped. 200 is an active. */
export function openConsumer(ports: readonly number[]): Consumer {
  const answers: Answer[] = [];
  let stopped = false;
  const asking = ports.map(async (port) => {
    while (!stopped) {
      const sentAt = performance.now();
      const said = await askOnce(port);
      if (said !== null) answers.push({ ...said, sentAt, at: performance.now() });
      await pause(everyMs);
    }
  });
  return {
    answers,
    async stop() {
      stopped = true;
      await Promise.all(asking);
    },
  };
}

/**
 * Two actives at once: an answer to a question that was sent after an answer of a higher term had come, or one term on two hosts.
 * What was on its way when the other became active proves nothing.
 */
export function overlapsIn(answers: readonly Answer[]): string[] {
  const found: string[] = [];
  const hostOf = new Map<number, string>();
  const byArrival = answers.toSorted((a, b) => a.at - b.at);
  for (const answer of byArrival) {
    const known = hostOf.get(answer.term);
    hostOf.set(answer.term, answer.host);
    if (known !== undefined && known !== answer.host) found.push(`term ${answer.term} on ${known} and ${answer.host}`);
    const newer = byArrival.find((each) => each.term > answer.term && each.at < answer.sentAt);
    if (newer !== undefined)
      found.push(
        `${answer.host} answered under term ${answer.term} to a question sent ${Math.round(answer.sentAt - newer.at)} ms after ${newer.host} had under term ${newer.term}`,
      );
  }
  return [...new Set(found)].slice(0, 5);
}

/** The longest time without an answer of an active between the first and the last, in ms. */
export function longestGap(answers: readonly Answer[]): number {
  const times = answers.map((each) => each.at).toSorted((a, b) => a - b);
  return times.slice(1).reduce((most, at, index) => Math.max(most, at - (times[index] ?? at)), 0);
}

function askOnce(port: number): Promise<{ host: string; term: number } | null> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/answer', agent: false, timeout: answerWithinMs });
    asked.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', () => resolve(null));
      response.on('end', () =>
        resolve(response.statusCode === 200 ? (JSON.parse(text) as { host: string; term: number }) : null),
      );
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.on('close', () => resolve(null));
    asked.end();
  });
}
