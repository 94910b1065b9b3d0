// The errors of wrong use.

import type { ErrorRow } from './errors.ts';

/** SF-0nn. */
export const useErrors: readonly ErrorRow[] = [
  {
    code: 'SF-001',
    what: 'there is no such verb',
    why: 'the first word is not one of the verbs',
    next: 'standfast --help',
  },
  {
    code: 'SF-002',
    what: 'wrong words or options',
    why: 'a word is missing or too many, or an option or its value is not known',
    next: 'standfast VERB --help',
  },
  {
    code: 'SF-003',
    what: 'the description cannot be read',
    why: 'there is no such file, it may not be read, or it is far too large',
    next: 'give a standfast.yaml, or a folder that holds one',
  },
  {
    code: 'SF-004',
    what: 'there is no such system',
    why: 'nothing was started with this state folder under that name',
    next: 'start it with standfast up PATH, or give the right --state',
  },
  { code: 'SF-005', what: 'which system?', why: 'the state folder holds several', next: 'add --system NAME' },
  {
    code: 'SF-006',
    what: 'the state folder cannot be used',
    why: 'it cannot be made or written, or something is in the way',
    next: 'give one of your own: --state DIR or STANDFAST_STATE',
  },
  {
    code: 'SF-007',
    what: 'there is nothing of that name to explain',
    why: 'it is no service, incident or decision here',
    next: 'standfast incidents; standfast journal',
  },
  {
    code: 'SF-008',
    what: 'the output cannot be written',
    why: 'what standard output was led to is full, or gone',
    next: 'make room, and ask again; what was asked for may have been done all the same',
  },
];
