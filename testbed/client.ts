// A consumer at one site, in a process of its own: asks every address each 4 ms and keeps every answer. Datagrams, so that an address that is
// silent holds up none of the others, and a host that was frozen answers what it was asked meanwhile, as it would over any line.
//
//   node testbed/client.ts FILE ADDRESS:PORT…     each message to it: the answers so far are in the file, which it is then told; a new file begins
import { closeSync, openSync, writeSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { constants, setPriority } from 'node:os';
import { now } from '../bench/clock.ts';
import { recordBytes, writeAnswer } from './record.ts';

export type ClientMessage =
  /** The first answer of an active in this term from this address that this client holds. */
  | { readonly kind: 'active'; readonly line: number; readonly term: number; readonly heldAt: number }
  | { readonly kind: 'kept'; readonly file: string; readonly lateShare: number; readonly worstMs: number };

const askEveryMs = 4;
/** What is promised of the asking. */
const atLeastEachMs = 5;
/** Questions under way that are remembered for each address; the oldest are forgotten after minutes. */
const remembered = 1 << 16;

const [folder = '', ...addresses] = process.argv.slice(2);
const lines = addresses.map((each) => {
  const [host = '', port = ''] = each.split(':');
  return { host, port: Number(port), sent: new Float64Array(remembered), next: 0, term: -1 };
});

let files = 0;
let file = `${folder}.0`;
let out = openSync(file, 'w');
const kept = Buffer.alloc(recordBytes * 1000);
let filled = 0;
let asks = 0;
let late = 0;
let worstMs = 0;
let lastTick = now();

function flush(): void {
  writeSync(out, kept, 0, filled);
  filled = 0;
}

const socket = createSocket('udp4');
socket.on('error', () => {});
socket.on('message', (message) => {
  if (message.length < 11) return;
  const heldAt = now();
  const number = message.readUInt32LE(0);
  const line = message.readUInt16LE(4);
  const active = message.readUInt8(6) === 1;
  const term = message.readUInt32LE(7);
  const asked = lines[line];
  if (asked === undefined) return;
  const sentAt = asked.sent[number % remembered] ?? 0;
  writeAnswer(kept, filled, { sentAt, heldAt, line, term, active });
  filled += recordBytes;
  if (filled === kept.length) flush();
  if (active && asked.term !== term) {
    asked.term = term;
    process.send?.({ kind: 'active', line, term, heldAt } satisfies ClientMessage);
  }
});

function tick(): void {
  const at = now();
  const between = at - lastTick;
  lastTick = at;
  asks += 1;
  if (between > atLeastEachMs) late += 1;
  worstMs = Math.max(worstMs, between);
  for (const [index, line] of lines.entries()) {
    const question = Buffer.allocUnsafe(6);
    question.writeUInt32LE(line.next, 0);
    question.writeUInt16LE(index, 4);
    line.sent[line.next % remembered] = now();
    line.next = (line.next + 1) >>> 0;
    // What cannot be sent (nobody there, no way) is a question without an answer.
    socket.send(question, line.port, line.host, () => {});
  }
}

try {
  // What measures must not wait for what is measured.
  setPriority(constants.priority.PRIORITY_HIGH);
} catch {
  // Not allowed to: the share of late questions shows what that costs.
}

socket.bind(() => setInterval(tick, askEveryMs));
process.on('message', () => {
  flush();
  closeSync(out);
  process.send?.({ kind: 'kept', file, lateShare: asks === 0 ? 0 : late / asks, worstMs } satisfies ClientMessage);
  files += 1;
  file = `${folder}.${files}`;
  out = openSync(file, 'w');
  asks = 0;
  late = 0;
  worstMs = 0;
});
process.on('disconnect', () => process.exit(0));
