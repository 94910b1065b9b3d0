// A consumer, in a process of its own so that nothing else holds it up: asks every address at least each 5 ms, each over a
// connection of its own, so that one that is silent does not hold up the other. Tells its parent about changes, gaps and overlaps.
//
// A gap: from the last answer of an active to the first of the next, which has a higher term.
// An overlap: an active's answer to a question sent after an answer of a higher term was held, or two addresses active in one term.
import { connect, type Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { now } from './clock.ts';

/** What an address was last seen to be: `away` refuses connections, `silent` does not answer within 50 ms. */
export type Seen = 'active' | 'waiting' | 'away' | 'silent';

export type ClientMessage =
  | { readonly kind: 'seen'; readonly seen: readonly Seen[] }
  | { readonly kind: 'gap'; readonly gapMs: number; readonly from: number; readonly to: number; readonly term: number }
  | { readonly kind: 'overlap'; readonly text: string }
  | { readonly kind: 'asked'; readonly share: number; readonly worstMs: number };

const tickMs = 1;
const askEveryMs = 2.5;
const answerWithinMs = 50;
/** What is promised of the asking. */
const atLeastEachMs = 5;

const ports = process.argv.slice(2).map(Number);
const seen: Seen[] = ports.map(() => 'away');
/** When an active's answer came last, and by whom. */
let last = { at: 0, address: -1, term: 0 };
/** When the first answer of a term was held, and whose it was. */
const terms = new Map<number, { at: number; address: number }>();
let asks = 0;
let lateAsks = 0;
let worstAskMs = 0;

function tell(message: ClientMessage): void {
  process.send?.(message);
}

function look(address: number, what: Seen): void {
  if (seen[address] === what) return;
  seen[address] = what;
  tell({ kind: 'seen', seen });
}

function heardActive(address: number, term: number, sentAt: number): void {
  const at = now();
  for (const [higher, { at: heldAt }] of terms)
    if (higher > term && heldAt < sentAt)
      tell({
        kind: 'overlap',
        text: `${address} active in term ${term}, ${(sentAt - heldAt).toFixed(2)} ms after term ${higher}`,
      });
  const first = terms.get(term);
  if (first === undefined) terms.set(term, { at, address });
  else if (first.address !== address)
    tell({ kind: 'overlap', text: `${first.address} and ${address} active in term ${term}` });
  if (term > last.term && last.at > 0)
    tell({ kind: 'gap', gapMs: at - last.at, from: last.address, to: address, term });
  last = { at, address, term: Math.max(term, last.term) };
}

/** One address: never more than one question under way, each 50 ms old at most. */
class Line {
  readonly #address: number;
  readonly #port: number;
  #socket: Socket | null = null;
  #sentAt: number | null = null;
  #triedAt = -Infinity;
  #answered = true;
  #rest = '';

  constructor(address: number, port: number) {
    this.#address = address;
    this.#port = port;
  }

  tick(): void {
    const at = now();
    if (this.#sentAt !== null) {
      if (at - this.#sentAt < answerWithinMs) return;
      look(this.#address, 'silent');
      this.#drop();
    }
    if (at - this.#triedAt < askEveryMs) return;
    this.#countAsk(at);
    this.#triedAt = at;
    if (this.#socket !== null && !this.#socket.connecting) this.#send(this.#socket);
    else if (this.#socket === null) this.#connect();
  }

  /** Only questions that nothing but ourselves could have held up are counted. */
  #countAsk(at: number): void {
    if (!this.#answered) return;
    asks += 1;
    if (this.#triedAt === -Infinity) return;
    const betweenMs = at - this.#triedAt;
    if (betweenMs > atLeastEachMs) lateAsks += 1;
    worstAskMs = Math.max(worstAskMs, betweenMs);
  }

  #connect(): void {
    this.#sentAt = now();
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    socket.on('connect', () => this.#send(socket));
    socket.on('data', (part) => this.#take(part.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      look(this.#address, 'away');
      this.#drop();
    });
  }

  #send(socket: Socket): void {
    this.#sentAt = now();
    this.#answered = false;
    socket.write('?\n');
  }

  #take(part: string): void {
    const lines = (this.#rest + part).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [what, term] = line.split(' ');
      const sentAt = this.#sentAt ?? now();
      this.#sentAt = null;
      this.#answered = true;
      look(this.#address, what === 'active' ? 'active' : 'waiting');
      if (what === 'active') heardActive(this.#address, Number(term), sentAt);
    }
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#sentAt = null;
    this.#answered = false;
    this.#rest = '';
    socket?.destroy();
  }
}

try {
  // What measures must not wait for what is measured.
  setPriority(constants.priority.PRIORITY_HIGH);
} catch {
  // Not allowed to: the share of late questions shows what that costs.
}

const lines = ports.map((port, address) => new Line(address, port));
setInterval(() => {
  for (const line of lines) line.tick();
}, tickMs);

process.on('message', () => tell({ kind: 'asked', share: asks === 0 ? 0 : lateAsks / asks, worstMs: worstAskMs }));
process.on('disconnect', () => process.exit(0));
