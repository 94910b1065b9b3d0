// What agents say to one another directly: a line of JSON a message. `ask`, `ping` and `call` are answered on the connection that they came by.

import { z } from 'zod';

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nudge'), from: z.string() }),
  z.object({ kind: z.literal('report'), from: z.string(), report: z.unknown() }),
  /** `nonce` is new for each question and host: an answer counts for the question that it repeats the nonce of, and for no other. */
  z.object({ kind: z.literal('ask'), from: z.string(), ask: z.number(), epoch: z.number(), nonce: z.string() }),
  z.object({
    kind: z.literal('answer'),
    from: z.string(),
    ask: z.number(),
    given: z.boolean(),
    nonce: z.string(),
    /** The machine that promises; see SessionRecord. */
    machine: z.string(),
  }),
  z.object({ kind: z.literal('down'), from: z.string(), leaveRunning: z.boolean() }),
  z.object({ kind: z.literal('ping'), from: z.string() }),
  z.object({ kind: z.literal('pong'), from: z.string() }),
  z.object({ kind: z.literal('call'), from: z.string(), id: z.number(), what: z.string(), body: z.unknown() }),
  z.object({ kind: z.literal('reply'), from: z.string(), id: z.number(), ok: z.boolean(), body: z.unknown() }),
]);

/** One line. */
export type PeerMessage = z.infer<typeof message>;

/** Far beyond a report of thousands of services; who sends more is cut off. In bytes. */
const longestMessage = 16 << 20;

/** Cuts what arrives into messages. `push` answers null when the far end does not keep to the form: it is to be cut off. */
export class MessageReader {
  #rest: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): PeerMessage[] | null {
    const found: PeerMessage[] = [];
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const text = Buffer.concat([...this.#rest, chunk.subarray(from, end)]).toString('utf8');
      this.#rest = [];
      this.#length = 0;
      from = end + 1;
      const said = read(text);
      if (said === 'no JSON') return null;
      // A kind that we do not know is of a newer version, and not for us.
      if (said !== 'not known') found.push(said);
    }
    const rest = chunk.subarray(from);
    if (rest.length > 0) this.#rest.push(rest);
    this.#length += rest.length;
    return this.#length > longestMessage ? null : found;
  }
}

function read(text: string): PeerMessage | 'not known' | 'no JSON' {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'no JSON';
  }
  const parsed = message.safeParse(value);
  return parsed.success ? parsed.data : 'not known';
}
