// Follows a run to its end, and asks the person at the terminal what the run asks. Ending the following ends nothing else: the run goes on until it
// needs a person, and can be carried on from any terminal.

import { createInterface } from 'node:readline';
import type { RunbookAnswer, RunView } from '../../api-runbook.ts';
import { AgentUnreachable, type AgentClient } from '../../client.ts';
import type { PersonWord } from '../../model/runbook-run.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { Failure, type ExitStatus } from '../failure.ts';
import { pause } from '../interruption.ts';
import { ownerName } from '../owner.ts';
import { findAgent, needAgent } from '../systems.ts';
import { terminalOf, type Terminal } from '../terminal.ts';
import { safe } from '../text.ts';
import { blockLines, runPrinter } from './printer.ts';

/** An agent that was killed is back within this time, or somebody should look. */
const agentBackWithinMs = 30_000;
const lookEveryMs = 200;

interface FollowOptions {
  readonly json: boolean;
  readonly system: ChosenSystem;
}

/** Until the run is over (0 when it did what it should, else 1), a person is needed who is not here (1), or ^C. */
export async function followRun(context: Context, id: string, options: FollowOptions): Promise<ExitStatus> {
  const { terminal } = context;
  const signal = context.interruption();
  const printer = runPrinter(terminal);
  // What scripts read is one value: what is said meanwhile goes beside it.
  const aside = options.json ? terminalOf(process.stderr, context.world.env) : terminal;
  const asks = terminal.redraws && process.stdin.isTTY && !options.json;
  let agent = await needAgent(context, options.system);
  let version: string | null = null;
  let asked = '';
  for (;;) {
    let answer: RunbookAnswer<RunView> | null;
    try {
      answer = await orInterrupted(agent.runbooks.run(id, version), signal);
    } catch (error) {
      if (!(error instanceof AgentUnreachable)) throw error;
      agent = await agentBack(context, options.system, signal, aside);
      continue;
    }
    if (answer === null) return leftAlone(context, id, aside);
    if (!answer.ok) throw refusal(answer);
    const run: RunView = answer.value;
    ({ version } = run);
    if (!options.json) printer.show(run);
    const { needs } = run;
    if (needs.kind === 'nothing') return tellEnd(context, run, options.json);
    if (needs.kind !== 'person') continue;
    if (!asks) return needsPerson(context, run, options.json);
    const question = `${needs.block} ${needs.undo} ${needs.what}`;
    if (question !== asked) {
      const block = run.blocks[needs.block];
      if (block !== undefined)
        terminal.print(
          '',
          terminal.paint(
            'bold',
            `${block.step + 1} of ${run.headings.length}  ${safe(run.headings[block.step] ?? '')}`,
          ),
          ...blockLines(terminal, block, needs.undo, block.kind === 'person' ? null : run.host),
        );
    }
    asked = question;
    const said = await askPerson(context, agent, run, signal);
    if (said === 'interrupted') return leftAlone(context, id, aside);
    if (said === 'changed') asked = '';
  }
}

type Said = 'answered' | 'changed' | 'interrupted';

interface Choice {
  readonly key: string;
  readonly words: string;
  readonly does: PersonWord | 'all' | 'abort' | 'later';
}

function choicesOf(run: RunView): readonly Choice[] {
  const last: readonly Choice[] = [
    { key: 'l', words: 'later', does: 'later' },
    { key: 'a', words: 'abort', does: 'abort' },
  ];
  if (run.needs.kind !== 'person') return last;
  switch (run.needs.what) {
    case 'approve':
      return [
        { key: 'y', words: 'yes', does: 'yes' },
        { key: 's', words: 'skip', does: 'skip' },
        { key: 'e', words: 'everything from here', does: 'all' },
        ...last,
      ];
    case 'confirm':
      return [
        { key: 'y', words: 'done', does: 'yes' },
        { key: 'n', words: 'not possible', does: 'no' },
        { key: 's', words: 'skip', does: 'skip' },
        ...last,
      ];
    case 'settle':
      return [
        { key: 'y', words: 'it was done', does: 'yes' },
        { key: 'n', words: 'it failed', does: 'no' },
        { key: 'r', words: 'run it again', does: 'again' },
        ...last,
      ];
    default:
      return run.needs.what satisfies never;
  }
}

/** Asks until there is an answer, or somebody else has given one elsewhere. */
async function askPerson(context: Context, agent: AgentClient, run: RunView, signal: AbortSignal): Promise<Said> {
  const { needs } = run;
  if (needs.kind !== 'person') return 'changed';
  const choices = choicesOf(run);
  const over = new AbortController();
  const line = readLine(
    `  ${choices.map(({ key, words }) => `[${key}] ${words}`).join('  ')} ? `,
    AbortSignal.any([signal, over.signal]),
  );
  const elsewhere = agent.runbooks.run(run.id, run.version).then(
    (answer) => (answer.ok && answer.value.version !== run.version ? 'changed' : 'same'),
    () => 'changed' as const,
  );
  const first = await Promise.race([line, elsewhere.then((how) => (how === 'changed' ? null : line))]);
  over.abort();
  if (signal.aborted) return 'interrupted';
  if (first === null) {
    context.terminal.print('', '  (answered elsewhere)');
    return 'changed';
  }
  const choice = choices.find(({ key, words }) => first === key || first === words);
  if (choice === undefined) return 'answered';
  const owner = ownerName(context.world.env);
  switch (choice.does) {
    case 'later':
      return 'interrupted';
    case 'all':
      tellRefusal(context, await agent.runbooks.allow(run.id, owner));
      return 'answered';
    case 'abort':
      tellRefusal(context, await agent.runbooks.abort(run.id, owner, ''));
      return 'answered';
    case 'yes':
    case 'no':
    case 'skip':
    case 'again': {
      const { block, undo } = needs;
      tellRefusal(
        context,
        await agent.runbooks.answer({ run: run.id, block, undo, word: choice.does, owner, why: '' }),
      );
      return 'answered';
    }
    default:
      return choice.does satisfies never;
  }
}

function tellRefusal(context: Context, answer: RunbookAnswer<RunView>): void {
  if (!answer.ok) context.terminal.print(context.terminal.paint('wait', `  ${safe(answer.why)}`));
}

/** The line, trimmed and in lower case; `l` at the end of input. */
function readLine(question: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const reader = createInterface({ input: process.stdin, output: process.stdout });
    let done = false;
    const end = (text: string): void => {
      if (done) return;
      done = true;
      reader.close();
      resolve(text);
    };
    signal.addEventListener('abort', () => end('l'), { once: true });
    reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    reader.on('close', () => end('l'));
    reader.question(question, (text) => end(text.trim().toLowerCase()));
    if (signal.aborted) end('l');
  });
}

async function agentBack(
  context: Context,
  system: ChosenSystem,
  signal: AbortSignal,
  aside: Terminal,
): Promise<AgentClient> {
  aside.print('  the agent does not answer; the run is kept');
  for (const untilMs = performance.now() + agentBackWithinMs; performance.now() < untilMs;) {
    const agent = await findAgent(system);
    if (agent !== null) return agent;
    if (!(await pause(lookEveryMs, signal))) break;
  }
  return needAgent(context, system);
}

function orInterrupted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return Promise.race([
    waited,
    new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener('abort', () => resolve(null), { once: true });
    }),
  ]);
}

function leftAlone(context: Context, id: string, aside: Terminal): ExitStatus {
  aside.print('', `The run is kept. Carry it on: ${context.command(`runbook continue ${id}`)}`);
  return 1;
}

function tellEnd(context: Context, run: RunView, json: boolean): ExitStatus {
  const done = run.outcome === 'done';
  if (json) context.terminal.print(JSON.stringify(run, null, 2));
  else if (done)
    context.terminal.print('', `${context.terminal.paint('good', 'Done')}: ${safe(run.title)} (${run.id})`);
  else
    throw new Failure({
      code: 'SF-218',
      what: `the run ${run.id} ${run.outcome === 'aborted' ? 'was given up' : 'failed'}: ${run.because ?? ''}`,
      next: `What was done, and why: ${context.command(`journal ${run.service ?? ''} --since 1h`)}. Again: ${context.command(`runbook run ${run.runbook}`)}`,
      exit: 1,
    });
  return done ? 0 : 1;
}

function needsPerson(context: Context, run: RunView, json: boolean): ExitStatus {
  if (json) {
    context.terminal.print(JSON.stringify(run, null, 2));
    return 1;
  }
  const { needs } = run;
  const block = needs.kind === 'person' ? run.blocks[needs.block] : undefined;
  const asked = needs.kind === 'person' ? questions[needs.what] : '';
  const text = needs.kind === 'person' && needs.undo ? block?.undo : block?.text;
  throw new Failure({
    code: 'SF-215',
    what: `the run ${run.id} waits for a person: step ${(block?.step ?? 0) + 1}, ${run.headings[block?.step ?? 0] ?? ''}`,
    why: `${asked} ${text?.split('\n', 1)[0] ?? ''}`,
    next: `In a terminal: ${context.command(`runbook continue ${run.id}`)}. Allow every step that changes something: add --yes`,
    exit: 1,
  });
}

/** What is asked, and how a script answers. */
const questions = {
  approve: 'It changes something (answer: runbook yes, or skip):',
  confirm: 'A person does it (answer: runbook yes when it is done, no, or skip):',
  settle: 'Its agent ended in the middle; was it done (answer: runbook yes, no, or again to run it once more)?',
} as const;

/** A refusal as the command line tells it. */
export function refusal(answer: Extract<RunbookAnswer<unknown>, { ok: false }>): Failure {
  return new Failure({
    code: answer.code,
    what: answer.why,
    next: answer.next,
    exit: wrongUse.has(answer.code) ? 2 : 1,
  });
}

const wrongUse = new Set(['SF-007', 'SF-210', 'SF-216', 'SF-217']);
