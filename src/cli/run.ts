// Takes the command line apart and runs one verb. Everything that goes wrong ends here, in the form: code, what, why, what next.

import { Command, CommanderError } from 'commander';
import { contextOf } from './context.ts';
import type { GlobalOptions } from './context.ts';
import { Failure } from './failure.ts';
import type { ExitStatus } from './failure.ts';
import { failureLines } from './failure-lines.ts';
import { interruption } from './interruption.ts';
import { terminalOf } from './terminal.ts';
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
  let exit: ExitStatus = 0;
  const program = programOf(world, (status) => {
    exit = status;
  });
  if (argv.length === 0) {
    process.stderr.write(program.helpInformation());
    return 2;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure = failureOf(error);
    errors.print(...failureLines(failure, errors));
    return failure.exit;
  }
}

function programOf(world: World, done: (status: ExitStatus) => void): Command {
  const program = new Command('standfast')
    .description('Keeps a system standing when its parts fail, and tells why it did what it did.')
    .option('-V, --version', 'print the version')
    .option('--state <dir>', 'where state lives (else STANDFAST_STATE, else the XDG state folder)')
    .option('--system <name>', 'which system, when the state holds several')
    .configureHelp({ showGlobalOptions: true, helpWidth: helpWidth(world) })
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
      done(await runVerb(verb, command, world));
    });
  }
  return program;
}

async function runVerb(verb: Verb, command: Command, world: World): Promise<ExitStatus> {
  const options = command.optsWithGlobals<GlobalOptions & Record<string, unknown>>();
  const terminal = terminalOf(process.stdout, world.env);
  const execute = await verb.load();
  return execute(contextOf(world, terminal, options, interruption), command.args, optionsOf(options));
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof CommanderError) {
    const [what = '', hint = ''] = error.message.replace(/^error: /, '').split('\n');
    const meant = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(hint)?.[1];
    return new Failure({
      code: error.code === 'commander.unknownCommand' ? 'SF-001' : 'SF-002',
      what,
      next: meant === undefined ? 'See standfast --help' : `Did you mean ${meant}? See standfast --help`,
      exit: 2,
    });
  }
  return new Failure({
    code: 'SF-900',
    what: `unexpected: ${error instanceof Error ? error.message : String(error)}`,
    why: 'This is a fault in Standfast itself; what it supervises is not touched by it.',
    next: 'standfast doctor may tell more. Please report it with this text.',
    exit: 3,
  });
}

function examplesText(examples: Verb['examples']): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  return examples.map(([command, what]) => `  standfast ${command.padEnd(width)}   ${what}`).join('\n');
}

function helpWidth(world: World): number {
  const columns = terminalOf(process.stdout, world.env).columns();
  return columns === Infinity ? 100 : columns;
}

/** `standfast journal | head` ends without a word when head has had enough. */
function quietWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 3);
    });
}
