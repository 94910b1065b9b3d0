// Takes the command line apart and runs one verb. Everything that goes wrong ends here, in the form: code, what, why, what next.

import { Command, CommanderError } from 'commander';
import { errorWords } from '../model/error-words.ts';
import { contextOf } from './context.ts';
import type { GlobalOptions } from './context.ts';
import { Failure } from './failure.ts';
import type { ExitStatus } from './failure.ts';
import { failureJson } from './failure-json.ts';
import { failureLines } from './failure-lines.ts';
import { interruption } from './interruption.ts';
import { terminalOf } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { optionsOf } from './verb.ts';
import type { Verb } from './verb.ts';
import { verbs } from './verbs.ts';
import type { World } from './world.ts';

/** Runs the command line; the exit status of the contract. Prints errors on standard error. */
export async function run(argv: readonly string[], world: World): Promise<ExitStatus> {
  quietWhenNobodyReads();
  if (argv[0] === '--version' || argv[0] === '-V') {
    process.stdout.write(`${await world.version()}\n`);
    return 0;
  }
  const errors = terminalOf(process.stderr, world.env);
  const output = heardTerminal(terminalOf(process.stdout, world.env));
  let exit: ExitStatus = 0;
  const program = programOf(world, output.terminal, (status) => {
    exit = status;
  });
  if (argv.length === 0) return withoutVerb(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === 'commander.help') return withoutVerb(program);
    const failure = failureOf(error, argv);
    // A script that reads the output finds there what went wrong; after a part of an answer it would spoil that.
    if (argv.includes('--json') && !output.wrote()) output.terminal.print(failureJson(failure));
    errors.print(...failureLines(failure, errors));
    return failure.exit;
  }
}

/** Only options, and nothing to do. */
function withoutVerb(program: Command): ExitStatus {
  process.stderr.write(program.helpInformation());
  return 2;
}

/** The same, and whether anything was written to it. */
function heardTerminal(terminal: Terminal): { readonly terminal: Terminal; wrote(): boolean } {
  let wrote = false;
  return {
    terminal: {
      ...terminal,
      print(...lines) {
        wrote = true;
        terminal.print(...lines);
      },
      write(text) {
        wrote = true;
        terminal.write(text);
      },
    },
    wrote: () => wrote,
  };
}

function programOf(world: World, terminal: Terminal, done: (status: ExitStatus) => void): Command {
  const program = new Command('standfast')
    .description('Keeps a system standing when its parts fail, and tells why it did what it did.')
    .option('-V, --version', 'print the version')
    .option('--state <dir>', 'where state lives (else STANDFAST_STATE, else the XDG state folder)')
    .option('--system <name>', 'which system, when the state holds several')
    .configureHelp({ showGlobalOptions: true, helpWidth: helpWidth(terminal) })
    // What commander would write is thrown as well, and written in our form.
    .configureOutput({ writeErr: () => undefined })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText(
      'after',
      `\nExamples:\n${examplesText([
        ['up examples/pricing', 'start a system and watch it'],
        ['explain pricer', 'why it is as it is'],
      ])}`,
    );
  for (const verb of verbs) {
    const command = program.command(`${verb.name} ${verb.words}`.trim()).description(verb.about);
    for (const [flags, about] of verb.options) command.option(flags, about);
    command.addHelpText('after', `\nExamples:\n${examplesText(verb.examples)}`);
    command.action(async () => {
      done(await runVerb(verb, command, world, terminal));
    });
  }
  return program;
}

async function runVerb(verb: Verb, command: Command, world: World, terminal: Terminal): Promise<ExitStatus> {
  const options = command.optsWithGlobals<GlobalOptions & Record<string, unknown>>();
  const execute = await verb.load();
  return execute(contextOf(world, terminal, options, interruption), command.args, optionsOf(options));
}

function failureOf(error: unknown, argv: readonly string[]): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof CommanderError) {
    const [what = '', hint = ''] = error.message.replace(/^error: /, '').split('\n');
    const meant = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(hint)?.[1];
    const verb = argv.find((word) => verbs.some((each) => each.name === word));
    const help = `See standfast ${verb === undefined ? '' : `${verb} `}--help`;
    return new Failure({
      code: error.code === 'commander.unknownCommand' ? 'SF-001' : 'SF-002',
      what,
      next: meant === undefined ? help : `Did you mean ${meant}? ${help}`,
      exit: 2,
    });
  }
  return new Failure({
    code: 'SF-900',
    what: `unexpected: ${errorWords(error)}`,
    why: 'This is a fault in Standfast itself; what it supervises is not touched by it.',
    next: 'standfast doctor may tell more. Please report it with this text.',
    exit: 3,
  });
}

function examplesText(examples: Verb['examples']): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  return examples.map(([command, what]) => `  standfast ${command.padEnd(width)}   ${what}`).join('\n');
}

function helpWidth(terminal: Terminal): number {
  const columns = terminal.columns();
  return columns === Infinity ? 100 : columns;
}

/** `standfast journal | head` ends without a word when head has had enough; a full disk is said. */
function quietWhenNobodyReads(): void {
  process.stderr.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 3));
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(
      `SF-008  the output cannot be written: ${error.message}\n        What was asked for may have been done all the same: look before you ask again.\n`,
      () => process.exit(3),
    );
  });
}
