// A page's end of a stream of server-sent events.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Json } from './console.ts';

interface Heard {
  readonly id: string;
  readonly text: string;
  readonly data: Json;
}

/** A stream of events; `next` waits for the next of a kind. */
export async function openEvents(
  port: number,
  lastId?: string,
  path = '/api/v1/events',
): Promise<{ next(kind: string): Promise<Heard>; close(): void }> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    agent: false,
    headers: lastId === undefined ? {} : { 'last-event-id': lastId },
  });
  sent.on('error', () => undefined);
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8');
  const heard: { kind: string; event: Heard }[] = [];
  let rest = '';
  let wake = (): void => undefined;
  response.setEncoding('utf8').on('data', (text: string) => {
    rest += text;
    for (let at = rest.indexOf('\n\n'); at !== -1; at = rest.indexOf('\n\n')) {
      const block = rest.slice(0, at);
      rest = rest.slice(at + 2);
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (field('event') !== '')
        heard.push({ kind: field('event'), event: { id: field('id'), text: block, data: JSON.parse(field('data')) } });
    }
    wake();
  });
  return {
    async next(kind) {
      for (;;) {
        const at = heard.findIndex((each) => each.kind === kind);
        if (at !== -1) return heard.splice(0, at + 1)[at]!.event;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    close: () => sent.destroy(),
  };
}
