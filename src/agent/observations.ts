// From what the probes say to what the core takes in.

import type { Input, Seen } from '../decide/input.ts';
import type { Observation } from '../ports.ts';

/** One input for all that was seen of instances, one for each answer of an external's check. */
export function observationsAsInputs(batch: readonly Observation[], isExternal: (name: string) => boolean): Input[] {
  const inputs: Input[] = [];
  const seen: Seen[] = [];
  for (const each of batch) {
    if (each.kind === 'check' && isExternal(each.instance))
      inputs.push({
        kind: 'externalSeen',
        service: each.instance,
        check: each.check,
        at: each.at,
        result: each.result,
        text: each.text,
      });
    else seen.push(asSeen(each));
  }
  if (seen.length > 0) inputs.push({ kind: 'seen', seen });
  return inputs;
}

function asSeen(each: Observation): Seen {
  switch (each.kind) {
    case 'ready':
    case 'active':
    case 'beat':
    case 'processGone':
      return { kind: each.kind, instance: each.instance, at: each.at };
    case 'notYet':
      return { kind: 'notYet', instance: each.instance, at: each.at, text: each.text };
    case 'status':
      return {
        kind: 'status',
        instance: each.instance,
        at: each.at,
        status: each.said.status,
        subsystems: each.said.subsystems,
        why: null,
        behindMs: each.said.behindMs ?? null,
      };
    case 'statusFailed':
      return {
        kind: 'status',
        instance: each.instance,
        at: each.at,
        status: null,
        subsystems: {},
        why: each.why,
        behindMs: null,
      };
    case 'check':
      return {
        kind: 'check',
        instance: each.instance,
        at: each.at,
        check: each.check,
        ...(each.shownAs === undefined ? {} : { shownAs: each.shownAs }),
        result: each.result,
        text: each.text,
      };
    default:
      return each satisfies never;
  }
}
