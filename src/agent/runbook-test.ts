// Does a runbook still fit the system that it is for? Runs its checks, which change nothing, and looks at everything it mentions: variables,
// programs, files. A page that has rotted is found on a quiet day.

import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { accountFor, accountVariables, type Account } from '../account.ts';
import { runBlock } from '../act/runbook/block.ts';
import type { PlannedBlock, TestedRunbook } from '../api-runbook.ts';
import { expand } from '../model/expand.ts';
import { didYouMean } from '../model/nearest.ts';
import type { Runbook, RunbookProblem } from '../model/runbook.ts';
import { shellMentions } from '../model/shell-words.ts';
import { patiently } from './patient-read.ts';
import type { BlockSurroundings } from './runbook-facts.ts';

/** A check that waits for what a `do` brings about is asked once here. */
const longestCheckMs = 10_000;
/** What a shell answers when it cannot find or run a program. */
const goneExits = new Set([126, 127]);

/** Looks at the blocks that belong to this host. `record` is where running blocks are noted. */
export async function testRunbook(of: {
  readonly name: string;
  readonly host: string;
  readonly runbook: Runbook;
  readonly problems: readonly RunbookProblem[];
  readonly blocks: readonly PlannedBlock[];
  readonly surroundings: BlockSurroundings;
  readonly record: (block: number) => string;
}): Promise<TestedRunbook> {
  const rotted: RunbookProblem[] = [...of.problems];
  const checks: TestedRunbook['checks'][number][] = [];
  for (const block of of.blocks) {
    if (block.kind === 'person') continue;
    const before = rotted.length;
    const account = await accountOf(block);
    if ('code' in account) {
      rotted.push(account);
      continue;
    }
    const { dir } = of.surroundings;
    const env = { ...account.env, ...of.surroundings.env };
    for (const text of [block.text, block.undo])
      if (text !== null) rotted.push(...(await mentionsGone(text, block.line, { runbook: of.runbook, dir, env })));
    if (block.kind !== 'check') continue;
    const running = await runBlock(
      {
        text: block.text,
        dir,
        env,
        as: block.as,
        withinMs: Math.min(block.withinMs ?? longestCheckMs, longestCheckMs),
        mark: `test-${process.pid}/${block.index}`,
        record: of.record(block.index),
      },
      () => undefined,
    );
    const end = await running.ended;
    const { head, tail } = running.written();
    const text = end.why ?? lastLine(`${head}${tail}`);
    checks.push({
      step: block.step,
      title: of.runbook.steps[block.step]?.title ?? '',
      line: block.line,
      passes: end.ok,
      text,
    });
    if (end.code !== null && goneExits.has(end.code) && rotted.length === before)
      rotted.push({
        code: 'SF-221',
        message: `a program is gone: ${text}`,
        next: 'Install it, or change the runbook.',
        line: block.line,
        column: 1,
      });
  }
  return { name: of.name, host: of.host, checks, rotted };
}

/** As whom it runs on this host, or why it cannot. */
export async function accountOf({ as, line }: Pick<PlannedBlock, 'as' | 'line'>): Promise<Account | RunbookProblem> {
  const account = await accountFor(as, null);
  if (!('why' in account)) return account;
  return {
    code: 'SF-223',
    message: `nothing can run as ${as ?? ''}: ${account.why}`,
    next: 'Create the account, or change `as` in the runbook.',
    line,
    column: 1,
  };
}

/** Variables that are not known where a block would run. */
export function unknownVariables(
  blocks: readonly Pick<PlannedBlock, 'text' | 'undo' | 'line' | 'kind' | 'as'>[],
  known: Readonly<Record<string, string>>,
  asks: readonly string[],
): RunbookProblem[] {
  return blocks
    .filter((block) => block.kind !== 'person')
    .flatMap((block) => {
      const names = [...Object.keys(known), ...accountVariables[block.as === null ? 'ours' : 'named'], ...asks];
      return [block.text, block.undo ?? ''].flatMap((text) =>
        shellMentions(text)
          .variables.filter((name) => !names.includes(name))
          .map((name) => ({
            code: 'SF-205',
            message: `\${${name}} is not known`,
            next: `${didYouMean(name, names)}Define it under \`env\` of the service, or write \${${name}:-} when it may be empty.`,
            line: block.line,
            column: 1,
          })),
      );
    });
}

async function mentionsGone(
  text: string,
  line: number,
  of: { readonly runbook: Runbook } & BlockSurroundings,
): Promise<RunbookProblem[]> {
  const { dir, env } = of;
  const found = unknownVariables([{ text, undo: null, line, kind: 'do', as: null }], env, of.runbook.asks);
  const { commands, files } = shellMentions(text);
  for (const command of commands)
    if (!(await isProgram(command, dir, env['PATH'] ?? '')))
      found.push({
        code: 'SF-221',
        message: `there is no program ${command}`,
        next: 'Install it, or change the runbook.',
        line,
        column: 1,
      });
  for (const file of files) {
    const { text: path, missing } = expand(file, env);
    if (missing.length > 0 || path === '' || (await exists(resolve(dir, path)))) continue;
    found.push({
      code: 'SF-222',
      message: `there is no file ${resolve(dir, path)}`,
      next: 'Put it back, or change the runbook.',
      line,
      column: 1,
    });
  }
  return found;
}

async function isProgram(name: string, dir: string, path: string): Promise<boolean> {
  const places = name.includes('/')
    ? [isAbsolute(name) ? name : join(dir, name)]
    : path.split(':').map((folder) => join(folder, name));
  for (const place of places) {
    const runs = await patiently(async () => {
      await access(place, constants.X_OK);
      return (await stat(place)).isFile();
    }).catch(() => false);
    if (runs) return true;
  }
  return false;
}

/** What cannot be looked at is not known to be gone. */
function exists(path: string): Promise<boolean> {
  return patiently(() => access(path)).then(
    () => true,
    (error: unknown) =>
      !(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')),
  );
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
}
