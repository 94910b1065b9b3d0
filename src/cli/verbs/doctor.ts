// `doctor`: looks at all that Standfast needs of this machine, and says what to do.

import { columns } from '../columns.ts';
import { chooseSystem } from '../context.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { machineFindings } from '../doctor/machine.ts';
import type { Finding } from '../doctor/machine.ts';
import { systemFindings } from '../doctor/system.ts';
import { Failure } from '../failure.ts';
import type { Run } from '../verb.ts';

/** Exit 0: nothing is bad; 1: something is. */
export const doctor: Run = async (context, _words, options) => {
  const system = await chosen(context);
  const findings = [
    ...(await machineFindings(context.state, context.world.uid, await context.world.cgroupVersion())),
    ...(system === null ? [] : await systemFindings(context, system)),
  ];
  const bad = findings.some((each) => each.verdict === 'bad');
  if (options.flag('json')) {
    context.terminal.print(
      JSON.stringify({ ok: !bad, state: context.state, system: system?.name ?? null, findings }, null, 2),
    );
    return bad ? 1 : 0;
  }
  context.terminal.print(...screen(findings, context), '', summary(findings));
  return bad ? 1 : 0;
};

/** Without a system there is still the machine to look at. */
async function chosen(context: Context): Promise<ChosenSystem | null> {
  try {
    return await chooseSystem(context);
  } catch (error) {
    // That it may not be looked into is found with the folder.
    const nothingHere = error instanceof Failure && (error.code === 'SF-004' || error.code === 'SF-006');
    if (nothingHere && context.system === null) return null;
    throw error;
  }
}

const signs = { good: '✓', soso: '!', bad: '✗' } as const;
const styles = { good: 'good', soso: 'wait', bad: 'bad' } as const;

function screen(findings: readonly Finding[], context: Context): string[] {
  const { terminal } = context;
  const rows = findings.map((each) => [
    terminal.paint(styles[each.verdict], signs[each.verdict]),
    each.what,
    each.next === null ? each.found : `${each.found}. ${each.next}`,
  ]);
  return columns([{ title: '' }, { title: '' }, { title: '', wraps: true }], rows, {
    width: terminal.columns(),
    titles: false,
  });
}

function summary(findings: readonly Finding[]): string {
  const bad = findings.filter((each) => each.verdict === 'bad').length;
  const soso = findings.filter((each) => each.verdict === 'soso').length;
  if (bad === 0 && soso === 0) return 'All is well.';
  return `${bad} to mend, ${soso} to know of.`;
}
