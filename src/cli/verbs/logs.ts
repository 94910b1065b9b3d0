// `logs`: what the instances of a service wrote, the newest at the end.

import { nearest } from '../../model/nearest.ts';
import { chooseSystem } from '../context.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { elsewhereOf } from '../elsewhere.ts';
import { failureLines } from '../failure-lines.ts';
import { Failure } from '../failure.ts';
import { farOutput, followFar } from '../outputs/elsewhere.ts';
import { outputsOf, servicesWithOutput, tail } from '../outputs/files.ts';
import { followOutputs } from '../outputs/follow.ts';
import { terminalOf } from '../terminal.ts';
import { safe } from '../text.ts';
import type { Run } from '../verb.ts';

/** Exit 0; 2: no such service, or it has written nothing; 3: its host could not be asked. */
export const logs: Run = async (context, words, options) => {
  const [service = '', host] = (words[0] ?? '').split('@');
  const lines = readCount(options.text('lines'));
  const system = await chooseSystem(context);
  const outputs = await outputsOf(system, service, host ?? null);
  const here = host !== undefined && system.hosts.includes(host);
  const elsewhere = await elsewhereOf(system);
  const asked = here ? [] : elsewhere.of(service).filter((each) => host === undefined || each === host);
  const far = await Promise.all(asked.map((each) => farOutput(elsewhere, { host: each, service, lines })));
  const told = far.filter((each) => 'lines' in each).filter((each) => each.lines.length > 0);
  for (const each of far) if ('why' in each) cannotAsk(context, each, service, outputs.length + told.length > 0);
  if (outputs.length === 0 && told.length === 0) throw await nothingWritten(system, service, host ?? null);
  const several = outputs.length + told.length > 1;
  const json = options.flag('json');
  const { terminal } = context;
  const asJson = (from: string, line: string): string => JSON.stringify({ service, host: from, line });
  const print = (from: string, last: readonly string[]): void => {
    if (json) {
      terminal.print(...last.map((line) => asJson(from, line)));
      return;
    }
    if (several && last.length > 0) terminal.print(terminal.paint('dim', `── ${safe(service)} on ${safe(from)} ──`));
    terminal.print(...last.map(shown));
  };
  for (const output of outputs) print(output.host, await tail(output, lines));
  for (const output of told) print(output.host, output.lines);
  if (!options.flag('follow')) return 0;
  const signal = context.interruption();
  const tell = (from: string, line: string): void => {
    if (json) terminal.print(asJson(from, line));
    else terminal.print(terminal.paint('dim', several ? `${safe(from)} │ ` : '') + shown(line));
  };
  await Promise.all([
    followOutputs(outputs, signal, (output, line) => tell(output.host, line)),
    followFar(elsewhere, service, told, signal, tell),
  ]);
  return 0;
};

/** Said beside what can be shown; when there is nothing else to show it is the answer. */
function cannotAsk(
  context: Context,
  of: { readonly host: string; readonly why: string },
  service: string,
  more: boolean,
): void {
  const failure = new Failure({
    code: 'SF-320',
    what: `what ${service} wrote on ${of.host} cannot be had from here`,
    why: of.why,
    next: `On ${of.host}: standfast logs ${service}. What is wrong: ${context.command('doctor')}`,
    exit: 3,
  });
  if (!more) throw failure;
  const errors = terminalOf(process.stderr, context.world.env);
  errors.print(...failureLines(failure, errors));
}

/** A service's own tabs stay; everything else that a terminal would obey is made visible. */
function shown(line: string): string {
  return line.replace(/\r$/, '').split('\t').map(safe).join('\t');
}

function readCount(text: string | undefined): number {
  const count = Number(text ?? 200);
  if (Number.isInteger(count) && count >= 0 && count <= 1_000_000) return count;
  throw new Failure({
    code: 'SF-002',
    what: `--lines ${text} is no number`,
    next: 'Write it as --lines 500.',
    exit: 2,
  });
}

async function nothingWritten(system: ChosenSystem, service: string, host: string | null): Promise<Failure> {
  const known = await servicesWithOutput(system);
  const meant = nearest(service, known);
  const where = host === null ? '' : ` on ${host}`;
  return new Failure({
    code: 'SF-007',
    what: `${service} has written nothing${where}, or there is no such service here`,
    next:
      meant === null || meant === service
        ? `There is output of ${known.length === 0 ? 'no service' : known.join(', ')}.`
        : `Did you mean ${meant}?`,
    exit: 2,
  });
}
