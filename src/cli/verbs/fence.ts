// fence: what a person does about a lost host that could not be fenced: have it tried again, or vouch that it is off.

import { chooseSystem } from '../context.ts';
import { Failure } from '../failure.ts';
import { ownerName } from '../owner.ts';
import { asking, needAgent } from '../systems.ts';
import { safe } from '../text.ts';
import type { Run } from '../verb.ts';

/** Exit 0: taken; 1: refused; 2: to confirm needs a reason. */
export const fence: Run = async (context, words, options) => {
  const host = words[0] ?? '';
  const confirm = options.flag('confirm');
  const why = options.text('why') ?? '';
  if (confirm && why.trim() === '')
    throw new Failure({
      code: 'SF-002',
      what: '--confirm needs --why: who takes over relies on this word alone',
      next: `Say how you know: ${context.command(`fence ${host} --confirm --why "power cable pulled"`)}`,
      exit: 2,
    });
  const agent = await needAgent(context, await chooseSystem(context));
  const answer = await asking(
    context,
    agent.intend({
      kind: 'fence',
      service: null,
      host,
      owner: ownerName(context.world.env),
      why,
      forMs: null,
      acceptLoss: false,
      confirm,
    }),
  );
  const json = options.flag('json');
  if (json) context.terminal.print(JSON.stringify(answer, null, 2));
  if (!answer.ok) throw new Failure({ code: answer.code, what: answer.why, next: answer.next, exit: 1 });
  if (!json) context.terminal.print(safe(answer.text));
  return 0;
};
