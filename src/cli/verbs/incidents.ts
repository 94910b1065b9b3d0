// `incidents`: what is wrong, open first, then those resolved lately.

import type { IncidentView, StatusView } from '../../api.ts';
import type { AgentClient } from '../../client.ts';
import { incidentKinds, incidentsIn } from '../../journal/past-incidents.ts';
import { readDescription } from '../../model/read.ts';
import { chooseSystem } from '../context.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { gatherJournals } from '../elsewhere.ts';
import { pastWords } from '../explain/past-words.ts';
import { incidentList } from '../screens/incident-list.ts';
import { asking, needAgent } from '../systems.ts';
import type { Run } from '../verb.ts';

/** Exit 0: nothing graver than severity 3 is open; 1: something is. */
export const incidents: Run = async (context, _words, options) => {
  const system = await chooseSystem(context);
  const agent = await needAgent(context, system);
  const view = await asking(context, agent.status());
  const open = view.incidents.filter((each) => each.resolvedAtMs === null);
  const json = options.flag('json');
  const over = json && !options.flag('all') ? [] : await resolvedLately(context, system, agent, view);
  const grave = open.some((each) => each.severity !== 3);
  if (json) {
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

const latelyMs = 24 * 3_600_000;

/** Agents tell of what is open; what is over stands in the journals. The newest first. */
async function resolvedLately(
  context: Context,
  system: ChosenSystem,
  agent: AgentClient,
  view: StatusView,
): Promise<readonly IncidentView[]> {
  const [vocabulary, { lines }] = await Promise.all([
    context.world.vocabulary(),
    gatherJournals(system, { sinceMs: context.now() - latelyMs, kinds: incidentKinds }),
  ]);
  if (lines.length === 0) return [];
  const inForce = await agent.description().catch(() => null);
  const services = inForce === null ? [] : (readDescription(inForce).system?.services ?? []);
  const impacts = new Map(services.map((each) => [each.name, each.impact]));
  const words = pastWords(vocabulary, (service) => impacts.get(service) ?? null);
  const open = new Set(view.incidents.map((each) => each.id));
  return incidentsIn(lines, words).filter((each) => each.resolvedAtMs !== null && !open.has(each.id));
}
