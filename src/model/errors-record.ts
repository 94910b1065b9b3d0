// The errors of reading and writing what lasts: the store and the journal.

import type { ErrorRow } from './errors.ts';

/** SF-5nn. */
export const recordErrors: readonly ErrorRow[] = [
  {
    code: 'SF-501',
    what: 'the store cannot be used',
    why: 'it cannot be reached, opened or written',
    next: 'look at its disk; standfast doctor',
  },
  {
    code: 'SF-502',
    what: 'the store lies on a network file system',
    why: 'its locks cannot be relied on there',
    next: 'give a state folder on a local disk: --state DIR',
  },
  {
    code: 'SF-503',
    what: 'the store is damaged',
    why: 'its file is not whole',
    next: 'restore it from a copy, or move it away with every agent stopped',
  },
  {
    code: 'SF-504',
    what: 'the store is of a newer Standfast',
    why: 'this version does not know its form',
    next: 'use the newer version',
  },
  {
    code: 'SF-505',
    what: 'the store is of something else',
    why: 'its identity is another, or the file belongs to another program',
    next: 'give the right state folder',
  },
  {
    code: 'SF-506',
    what: 'the store cannot be reached',
    why: 'nothing that must hold for every host can be agreed without it',
    next: 'standfast doctor; what runs goes on running',
  },
  {
    code: 'SF-507',
    what: 'it is not known whether it was done',
    why: 'the answer did not come in time, or was lost',
    next: 'look before you ask again: standfast intents',
  },
  {
    code: 'SF-521',
    what: 'there is no journal',
    why: 'nothing was started with this state folder',
    next: 'give the right --state',
  },
  {
    code: 'SF-522',
    what: 'the journal cannot be read',
    why: 'it may not be read, or its disk is ill',
    next: 'look at the permissions and the disk',
  },
  {
    code: 'SF-523',
    what: 'the journal is damaged',
    why: 'its file is not whole; it was moved aside and a new one begun',
    next: 'keep the file that is named if you need what it held',
  },
  {
    code: 'SF-524',
    what: 'the journal is of another program',
    why: 'the file has another form, or a newer Standfast made it',
    next: 'use the newer version, or move the file away',
  },
];
