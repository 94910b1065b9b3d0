// `found`: what the detectors of failure modes see now, for people and for the checks of runbooks.

import type { FoundView } from '../../api.ts';
import { detectorNames } from '../../model/shape-detectors.ts';
import { didYouMean } from '../../model/nearest.ts';
import { modes } from '../../model/modes.ts';
import { columns } from '../columns.ts';
import { chooseSystem } from '../context.ts';
import { Failure } from '../failure.ts';
import { heldBackTexts } from '../held-back.ts';
import { asking, needAgent } from '../systems.ts';
import { safe } from '../text.ts';
import { agoText } from '../times.ts';
import type { Run } from '../verb.ts';

type Found = FoundView['hosts'][number]['found'][number];

/** `found [MODE…] [--at SERVICE@HOST]`. */
export const found: Run = async (context, words, options) => {
  const wanted = words.flatMap((word) => word.split(/[\s,]+/)).filter((word) => word !== '');
  for (const word of wanted) if (!modes.some(({ id }) => id === word)) throw unknownMode(word);
  const agent = await needAgent(context, await chooseSystem(context));
  const view = await asking(context, agent.found());
  const at = options.text('at') ?? null;
  const hosts = view.hosts.map((each) => ({
    ...each,
    found: each.found.filter(
      (one) => (wanted.length === 0 || wanted.includes(one.mode)) && (at === null || concerns(one, each.host, at)),
    ),
  }));
  // A change holds up nothing by itself, and a busy host is a circumstance.
  const holds = hosts.some((each) =>
    each.found.some((one) => one.untilMs === null && (one.weight === 'fault' || one.weight === 'ahead')),
  );
  if (options.flag('json')) {
    context.terminal.print(JSON.stringify({ hosts }, null, 2));
    return holds ? 1 : 0;
  }
  const nowMs = context.now();
  const rows = hosts.flatMap((each) =>
    each.found
      .toSorted((a, b) => Number(a.untilMs !== null) - Number(b.untilMs !== null) || b.sinceMs - a.sinceMs)
      .map((one) => [safe(each.host), one.mode, stateText(one), agoText(one.sinceMs, nowMs), safe(one.text)]),
  );
  if (rows.length === 0) context.terminal.print(nothing(hosts, wanted));
  else
    context.terminal.print(
      ...columns(
        [{ title: 'host' }, { title: 'mode' }, { title: '' }, { title: 'since' }, { title: 'what', wraps: true }],
        rows,
        { width: context.terminal.columns() },
      ),
    );
  const late = hosts.flatMap((each) => heldBackTexts(each).map((text) => `On ${safe(each.host)}, detector ${text}.`));
  if (late.length > 0) context.terminal.print('', ...late);
  return holds ? 1 : 0;
};

function unknownMode(word: string): Failure {
  const known = modes.map(({ id }) => id);
  return new Failure({
    code: 'SF-002',
    what: detectorNames.includes(word) ? `${word} is a detector, not a failure mode` : `${word} is no failure mode`,
    next: `${didYouMean(word, known)}docs/failure-modes.md lists all.`,
    exit: 2,
  });
}

/** `at`: `pricer@a`, `pricer` on any host, or `@a`. What concerns no service in particular concerns all of its host. */
function concerns(one: Found, host: string, at: string): boolean {
  const [service = '', on] = at.split('@');
  if (on !== undefined && on !== host) return false;
  return service === '' || one.services.length === 0 || one.services.includes(service);
}

function stateText(one: Found): string {
  if (one.weight === 'change') return 'changed';
  return one.untilMs === null ? one.weight : 'over';
}

function nothing(hosts: FoundView['hosts'], wanted: readonly string[]): string {
  const silent = hosts.filter(({ asOfMs }) => asOfMs === null).map(({ host }) => safe(host));
  const what = wanted.length === 0 ? 'Nothing is found.' : `Nothing of ${wanted.join(', ')} is found.`;
  return silent.length === 0 ? what : `${what} Not heard of yet: ${silent.join(', ')}.`;
}
