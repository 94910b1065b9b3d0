// `incidents`: what is wrong, open first, then those resolved lately.

import { chooseSystem } from '../context.ts';
import { incidentList } from '../screens/incident-list.ts';
import { asking, needAgent } from '../systems.ts';
import type { Run } from '../verb.ts';

export const incidents: Run = async (context, _words, options) => {
  const agent = await needAgent(context, await chooseSystem(context));
  const view = await asking(context, agent.status());
  const open = view.incidents.filter((each) => each.resolvedAtMs === null);
  const over = view.incidents.filter((each) => each.resolvedAtMs !== null).toSorted((a, b) => b.sinceMs - a.sinceMs);
  const grave = open.some((each) => each.severity !== 3);
  if (options.flag('json')) {
    context.terminal.print(JSON.stringify([...open, ...over], null, 2));
    return grave ? 1 : 0;
  }
  const { terminal } = context;
  const nowMs = context.now();
  if (open.length === 0) terminal.print('No incident is open.');
  else
    terminal.print(
      ...incidentList(open, terminal, nowMs, { ids: true }),
      '',
      'Take one, or see why:',
      `  ${context.command('ack ID')}`,
      `  ${context.command('explain ID')}`,
    );
  if (over.length > 0) terminal.print('', 'Resolved lately:', ...incidentList(over, terminal, nowMs, { ids: true }));
  return grave ? 1 : 0;
};
