// `explain`: why it is as it is. The steps come from the journal alone; how it stands now from an agent, when one answers.

import { chooseSystem } from '../context.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { explainDecision, explainIncident, explainService } from '../explain/explanation.ts';
import type { Explanation } from '../explain/explanation.ts';
import type { Known } from '../explain/state-words.ts';
import { explanationScreen } from '../explain/screen.ts';
import { Failure } from '../failure.ts';
import { gatherJournals } from '../elsewhere.ts';
import { nearest } from '../../model/nearest.ts';
import { sinceOf } from '../since.ts';
import { lastWordsOf } from '../outputs/last-words.ts';
import { findAgent } from '../systems.ts';
import type { Run } from '../verb.ts';

const usualMs = 3_600_000;

/** Exit 0: explained; 2: there is no such thing; 3: nothing is known, and no agent answers. */
export const explainVerb: Run = async (context, words, options) => {
  const subject = words[0] ?? '';
  const sinceMs = sinceOf(options.text('since'), context.now(), usualMs);
  const system = await chooseSystem(context);
  const known = await whatIsKnown(context, system, subject, sinceMs);
  const found = explained(subject, known) ?? explained(subject, await whatIsKnown(context, system, subject, 0));
  if (found === null) throw unknownSubject(context, subject, known);
  if (options.flag('json')) {
    const { subject: name, state, wrote, steps, waitingFor, youCan, modes } = found;
    const plain = steps.map(({ atMs, text, rule, facts }) => ({ atMs, text, rule, facts }));
    context.terminal.print(
      JSON.stringify({ subject: name, state, wrote, steps: plain, waitingFor, youCan, modes }, null, 2),
    );
  } else context.terminal.print(...explanationScreen(found, context.terminal, context.now(), options.flag('all')));
  return 0;
};

async function whatIsKnown(context: Context, system: ChosenSystem, subject: string, sinceMs: number): Promise<Known> {
  const agent = findAgent(system);
  const [journal, status, found, vocabulary] = await Promise.all([
    gatherJournals(system, { sinceMs }),
    agent.then((it) => it?.status().catch(() => null) ?? null),
    agent.then((it) => it?.found().catch(() => null) ?? null),
    context.world.vocabulary(),
  ]);
  const service = status?.incidents.find(({ id }) => id === subject)?.service ?? subject.split('@')[0] ?? '';
  return {
    wrote: await lastWordsOf(system, service, status),
    lines: journal.lines,
    unreadable: journal.unreadable,
    status,
    found,
    vocabulary,
    nowMs: context.now(),
    command: (words) => context.command(words),
  };
}

/** `pricer`, `pricer@a`, an incident's id, or a decision as `4711@a` or `4711`. */
export function explained(subject: string, known: Known): Explanation | null {
  const decision = /^(\d+)(?:@(.+))?$/.exec(subject);
  if (decision !== null) return explainDecision(Number(decision[1]), decision[2] ?? null, known);
  const incident = explainIncident(subject, known);
  if (incident !== null) return incident;
  const name = subject.split('@')[0] ?? '';
  const isService =
    known.status?.services.some((each) => each.name === name) === true ||
    known.lines.some((line) => line.service === name);
  return isService ? explainService(name, known) : null;
}

function unknownSubject(context: Context, subject: string, known: Known): Failure {
  const names = known.status?.services.map((each) => each.name) ?? [
    ...new Set(known.lines.flatMap((line) => line.service ?? [])),
  ];
  const meant = nearest(subject, names);
  return new Failure({
    code: 'SF-007',
    what: `there is no service, incident or decision ${subject}`,
    why:
      names.length === 0
        ? 'No agent answers, and the journal names no service.'
        : `Services: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`,
    next:
      meant === null
        ? `Incidents: ${context.command('incidents')}   decisions: ${context.command('journal')}`
        : `Did you mean ${meant}?`,
    exit: known.status === null ? 3 : 2,
  });
}
