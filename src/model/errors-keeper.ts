// The errors of the keeper and of other process managers.

import type { ErrorRow } from './errors.ts';

/** SF-6nn. */
export const keeperErrors: readonly ErrorRow[] = [
  {
    code: 'SF-601',
    what: 'the keeper does not understand the request',
    why: 'a part is missing or of a wrong form',
    next: 'this is between agent and keeper: see both logs, and report it',
  },
  {
    code: 'SF-602',
    what: 'the keeper knows no such instance',
    why: 'it has ended and was forgotten, or was never started here',
    next: 'standfast status shows what runs',
  },
  {
    code: 'SF-603',
    what: 'it runs already',
    why: 'an instance of this service is there, or is being started',
    next: 'nothing need be done; standfast explain SERVICE',
  },
  {
    code: 'SF-604',
    what: 'a deadline is needed',
    why: 'nothing is active under a lease without a moment at which it must be over',
    next: 'this is between agent and keeper: see both logs',
  },
  {
    code: 'SF-605',
    what: 'the deadline is past',
    why: 'the lease ran out before the request came',
    next: 'it is tried again with a new term by itself',
  },
  {
    code: 'SF-606',
    what: 'the term is too old',
    why: 'a newer term of this service was seen here',
    next: 'a late request was refused, as it should be',
  },
  {
    code: 'SF-607',
    what: 'it is in another term',
    why: 'the request speaks of a term that is over',
    next: 'a late request was refused, as it should be',
  },
  {
    code: 'SF-608',
    what: 'it is ending',
    why: 'the instance is being stopped or has just ended',
    next: 'wait for its end; standfast status',
  },
  {
    code: 'SF-609',
    what: 'the command cannot be run',
    why: 'the program is missing, not executable, or its interpreter is',
    next: 'correct run, or install the program',
  },
  {
    code: 'SF-610',
    what: 'the folder cannot be entered',
    why: 'dir does not exist, is no folder, or may not be entered',
    next: 'create it, or change dir',
  },
  {
    code: 'SF-611',
    what: 'the account cannot be used',
    why: 'user or group does not exist, or only root may change to it',
    next: 'create it, run Standfast as root, or leave user and group out',
  },
  {
    code: 'SF-612',
    what: 'the process could not be prepared',
    why: 'limits, output or environment could not be set up',
    next: 'the message says which; look at the disk and the limits',
  },
  {
    code: 'SF-613',
    what: 'the role file cannot be written',
    why: 'the disk under the state folder is full or read-only',
    next: 'make room; standfast doctor',
  },
  {
    code: 'SF-614',
    what: 'the guard could not be started',
    why: 'without it an instance could outlive the keeper under a lease',
    next: 'look at the number of processes and the memory of the host',
  },
  {
    code: 'SF-615',
    what: 'the signal could not be sent',
    why: 'its name is not known here, or the process is ending',
    next: 'write a signal that kill -l lists',
  },
  { code: 'SF-616', what: 'it still lives', why: 'only an ended instance can be forgotten', next: 'stop it first' },
  {
    code: 'SF-617',
    what: 'instances live',
    why: 'the keeper does not leave processes without an owner unasked',
    next: 'stop them first, or use down --leave-running',
  },
  {
    code: 'SF-618',
    what: 'another keeper is there',
    why: 'one host of one system has one keeper',
    next: 'standfast status; end the other one first',
  },
  {
    code: 'SF-619',
    what: 'the keeper could not start',
    why: 'its folder, socket or log cannot be used',
    next: "see the keeper's log; standfast doctor",
  },
  {
    code: 'SF-620',
    what: 'another machine answers for the address',
    why: 'the address of `route` was probed for before it was added, and somebody answered',
    next: 'ip neigh shows whose link address that is; take the address from it',
  },
  {
    code: 'SF-621',
    what: 'addresses may not be changed',
    why: 'only root, or who has CAP_NET_ADMIN, may put an address on a device',
    next: 'run Standfast as root, or remove `route`',
  },
  {
    code: 'SF-622',
    what: 'the address cannot be put here',
    why: 'no device has an address of its network, the device named is not there, or the kernel refused',
    next: 'name a device with `dev`; ip addr shows them',
  },
  {
    code: 'SF-623',
    what: 'a lease too short for an address without nftables',
    why: 'the kernel then ends the address by its lifetime, which counts in whole seconds',
    next: 'install nftables',
  },
  {
    code: 'SF-640',
    what: 'the process manager does not answer',
    why: 'it is down, hangs, or is not where the description says; what it runs goes on unless it went too',
    next: 'start it again, or mend `manager` in the description; Standfast asks again by itself',
  },
  {
    code: 'SF-641',
    what: 'the process manager lets nobody in',
    why: 'the credentials in its control file or configuration are not those of the running one, or this user may not ask it',
    next: 'reload it after a change of its password; give `control` or `config` that this user may read',
  },
  {
    code: 'SF-642',
    what: 'the process manager has no such process',
    why: 'it was never told of it, calls it otherwise, has it masked, or does not watch it by a pid',
    next: 'add it to its configuration and reload it, or say its name: manager: { monit: { name: … } }',
  },
  {
    code: 'SF-643',
    what: 'the process manager did not bring it up',
    why: 'its start program failed, hung, or ended at once',
    next: "the message says what it said; see the manager's own log and that of the service",
  },
  {
    code: 'SF-644',
    what: 'the process manager does not look after a process that lives',
    why: 'somebody took it out of its hands (monit unmonitor), started it beside it, or it lost its pid file; it will not start it again by itself',
    next: 'give it back (monit monitor NAME); when it ends Standfast has its manager start it all the same, unless it is paused',
  },
];
