// The words that only the core has, for those who tell people what stands in a journal.

import type { Vocabulary } from '../cli/explain/words.ts';
import { rules } from '../decide/rules.ts';
import { reasonWords } from '../judge/words.ts';

/** Of this version; a reason that another version wrote has no words. */
export const vocabulary: Vocabulary = {
  rules: new Map(rules.map((rule) => [rule.n, rule])),
  cause(cause) {
    try {
      return reasonWords(cause as Parameters<typeof reasonWords>[0]);
    } catch {
      return null;
    }
  },
};
