// What the rows of words are made of, and the turns of phrase that they share.

import type { JournalLine } from '../../api.ts';
import type { Facts } from './facts.ts';

/** What words need to know that is not in the entry. */
export interface Vocabulary {
  readonly rules: ReadonlyMap<number, RuleWords>;
  /** A cause as it stands in an incident, in words; null when it is not understood. */
  readonly cause: (cause: unknown) => string | null;
}

interface RuleWords {
  readonly n: number;
  readonly name: string;
  readonly why: string;
}

/** An entry on its way to a sentence: its facts are taken one by one. */
export interface Entry {
  readonly line: JournalLine;
  readonly facts: Facts;
  readonly vocabulary: Vocabulary;
  readonly host: string;
  readonly service: string;
}

/** `aside` stands at the end of the line; absent: by which rule. */
export interface Said {
  readonly text: string;
  readonly aside?: string;
}

/** `detail`: said only when all is asked for. */
export interface WordRow {
  readonly kind: string;
  readonly rule?: number;
  readonly detail?: true;
  readonly say: (entry: Entry) => Said;
}

/** What restart-or-hand-over weighed: told where it decided; `explain NUMBER@HOST` shows it everywhere. */
export function impliedByChoice(facts: Facts): void {
  facts.implied('restartMs', 'handOverMs', 'other', 'failures');
}

/** `, cause: …`; empty when none stands in the facts. */
export function causeText(facts: Facts): string {
  const cause = facts.text('cause');
  return cause === null ? '' : `, cause: ${cause}`;
}

/** ` as standby`; empty when no role stands in the facts. */
export function role(facts: Facts): string {
  const name = facts.text('role');
  return name === null ? '' : ` as ${name}`;
}

/** Said behind what came to nothing known. */
export function unsure(facts: Facts): string {
  return facts.text('outcome') === 'unknown' ? ' (it is not known whether it was)' : '';
}

/** The rule's own reason; its number alone when another version wrote the line. */
export function whyOf({ line, vocabulary }: Entry): string {
  const rule = line.rule === null ? undefined : vocabulary.rules.get(line.rule);
  return rule?.why ?? `rule ${line.rule ?? '?'} says so`;
}
