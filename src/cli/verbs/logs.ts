// `logs`: what the instances of a service wrote, the newest at the end.

import { nearest } from '../../model/nearest.ts';
import { chooseSystem } from '../context.ts';
import type { ChosenSystem } from '../context.ts';
import { Failure } from '../failure.ts';
import { outputsOf, servicesWithOutput, tail } from '../outputs/files.ts';
import type { Output } from '../outputs/files.ts';
import { followOutputs } from '../outputs/follow.ts';
import { safe } from '../text.ts';
import type { Run } from '../verb.ts';

export const logs: Run = async (context, words, options) => {
  const [service = '', host] = (words[0] ?? '').split('@');
  const lines = readCount(options.text('lines'));
  const system = await chooseSystem(context);
  const outputs = await outputsOf(system, service, host ?? null);
  if (outputs.length === 0) throw await nothingWritten(system, service, host ?? null);
  const several = outputs.length > 1;
  const name = (output: Output): string => (several ? `${safe(output.host)} │ ` : '');
  const { terminal } = context;
  for (const output of outputs) {
    const last = await tail(output, lines);
    if (several && last.length > 0)
      terminal.print(terminal.paint('dim', `── ${safe(service)} on ${safe(output.host)} ──`));
    terminal.print(...last.map(shown));
  }
  if (!options.flag('follow')) return 0;
  const signal = context.interruption();
  await followOutputs(outputs, signal, (output, line) => {
    terminal.print(terminal.paint('dim', name(output)) + shown(line));
  });
  return 0;
};

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
