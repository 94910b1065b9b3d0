// A program that is begun beforehand and then asked line by line, such as `ip -batch -` or `nft -i`: between a deadline and its kill there is no
// time to start one. Each request ends with a line whose answer is JSON, so that it is known when what stood before it has been done; all else
// that the program says until then is a complaint.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import { monoNow } from './clock.ts';
import { shellQuoted } from '../model/shell-quote.ts';

/** An answer later than this is none: the program hangs, and is ended. */
const answerWithinMs = 2000;

/** What came back. `tookMs`: from the question to the answer. */
export type Asked =
  /** All lines were carried out; `json` is what the last one showed. */
  | { readonly kind: 'done'; readonly json: unknown; readonly tookMs: number }
  /** The program complained: what it said, on one line. */
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

interface Question {
  readonly askedAt: number;
  readonly settle: (asked: Asked) => void;
  readonly timer: NodeJS.Timeout;
}

/** One program, begun again at the next question when it has ended. */
export class AskedProgram {
  readonly #argv: readonly string[];
  readonly #isAnswer: (line: string) => string | null;
  readonly #questions: Question[] = [];
  #child: ChildProcess | null = null;
  #said: string[] = [];
  #rest = '';
  #closed = false;

  /** `isAnswer` finds the JSON in a line that is an answer, and null in any other. */
  constructor(argv: readonly string[], isAnswer: (line: string) => string | null) {
    this.#argv = argv;
    this.#isAnswer = isAnswer;
  }

  get runs(): boolean {
    return this.#child !== null;
  }

  /** Starts it when it does not run. A fork takes milliseconds: only where no deadline is near. */
  begin(): void {
    if (this.#child !== null || this.#closed) return;
    const child = spawn('/bin/sh', ['-c', `exec ${this.#argv.map(shellQuoted).join(' ')} 2>&1`], {
      // Not ended with the keeper's terminal: its own end comes with the end of its input.
      detached: true,
      cwd: '/',
      env: { PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child = child;
    child.stdin?.on('error', () => undefined);
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (chunk: string) => {
      if (this.#child === child) this.#hear(chunk);
    });
    child.on('error', () => this.#lose(child));
    // `close` comes when all that it said has been read.
    child.on('close', () => this.#lose(child));
  }

  /** Writes the lines at once and tells how they came out. The last line is the one that answers in JSON. Waits for nothing. */
  ask(lines: readonly string[]): Promise<Asked> {
    const child = this.#child;
    if (child === null) return Promise.resolve({ kind: 'unknown', why: `${this.#name} does not run` });
    return new Promise((settle) => {
      const timer = setTimeout(() => this.#end(child), answerWithinMs);
      this.#questions.push({ askedAt: monoNow(), settle, timer });
      child.stdin?.write(`${lines.join('\n')}\n`);
    });
  }

  /** It ends when it has read all that was written. */
  close(): void {
    this.#closed = true;
    this.#child?.stdin?.end();
  }

  get #name(): string {
    return this.#argv[0] ?? '';
  }

  #hear(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const answer = this.#isAnswer(line);
      if (answer === null) {
        if (line.trim() !== '') this.#said.push(line.trim());
        continue;
      }
      const question = this.#questions.shift();
      const said = this.#said;
      this.#said = [];
      if (question === undefined) continue;
      clearTimeout(question.timer);
      question.settle(asAsked(answer, said, monoNow() - question.askedAt));
    }
  }

  /** It hangs: what was asked of it may come yet, so it must not live on. */
  #end(child: ChildProcess): void {
    child.kill('SIGKILL');
    this.#lose(child);
  }

  #lose(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = null;
    const why = `${this.#name} ended or did not answer${this.#said.length === 0 ? '' : `: ${this.#said.join(' ')}`}`;
    this.#said = [];
    this.#rest = '';
    for (const question of this.#questions.splice(0)) {
      clearTimeout(question.timer);
      question.settle({ kind: 'unknown', why });
    }
  }
}

function asAsked(answer: string, said: readonly string[], tookMs: number): Asked {
  if (said.length > 0) return { kind: 'failed', why: said.filter((line) => !/^[\^~\s]+$/.test(line)).join(' ') };
  try {
    return { kind: 'done', json: JSON.parse(answer), tookMs };
  } catch {
    return { kind: 'unknown', why: 'an answer that is not JSON' };
  }
}
