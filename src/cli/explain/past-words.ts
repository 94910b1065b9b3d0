// How the record's own words for an incident become sentences, where it is told from the journal alone.

import type { JournalLine } from '../../api.ts';
import type { Words } from '../../journal/past-incidents.ts';
import { modeNamed, modePage } from '../../model/modes.ts';
import { worded, type Vocabulary } from './words.ts';

/** `impact`: as the description in force declares it; null: none. */
export function pastWords(vocabulary: Vocabulary, impact: (service: string) => string | null): Words {
  return {
    cause(line: JournalLine) {
      const { host } = line.because;
      const about = line.instance?.replace('@', ' on ').split('#')[0] ?? line.service;
      const cause = vocabulary.cause(line.because['cause']) ?? worded(line, vocabulary, line.atMs).text;
      const subject = about ?? (typeof host === 'string' ? `host ${host}` : 'the system');
      return cause.startsWith(subject) ? cause : `${subject}: ${cause}`;
    },
    impact,
    runbook(mode) {
      const row = modeNamed(mode);
      return row === null ? '' : modePage(row);
    },
  };
}
