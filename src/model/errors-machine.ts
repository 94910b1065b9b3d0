// The errors of starting, and of this machine.

import type { ErrorRow } from './errors.ts';

/** SF-3nn, but for those of etcd. */
export const machineErrors: readonly ErrorRow[] = [
  {
    code: 'SF-301',
    what: 'no agent answers',
    why: 'none was started, or all are gone; services may still run, and nobody watches them',
    next: 'standfast up PATH; standfast doctor',
  },
  {
    code: 'SF-302',
    what: 'the agent did not answer',
    why: 'it is busy, hung or just ending',
    next: 'ask again, then standfast doctor',
  },
  {
    code: 'SF-303',
    what: 'the store cannot be opened for a start',
    why: 'its disk is full, read-only or damaged',
    next: 'standfast doctor',
  },
  {
    code: 'SF-304',
    what: 'no host of the description is this machine',
    why: 'no address in it belongs to this machine, or the named host is another',
    next: 'run it on one of those machines, or correct hosts.NAME.address',
  },
  {
    code: 'SF-305',
    what: 'a port is in use',
    why: 'another process listens on a port that an instance needs; it is named',
    next: 'end that process, or change the key that is named',
  },
  {
    code: 'SF-306',
    what: 'another description is in force',
    why: 'the store holds a different one, and up never replaces it',
    next: 'see the differences; to change what runs: apply',
  },
  {
    code: 'SF-307',
    what: 'not all is as planned yet',
    why: 'an instance did not reach its phase within --timeout',
    next: 'it goes on trying: standfast status, explain, logs',
  },
  {
    code: 'SF-308',
    what: 'a keeper did not start',
    why: 'its reason is shown, and its log has more',
    next: 'standfast doctor',
  },
  {
    code: 'SF-309',
    what: 'the system does not come down',
    why: 'nothing changes any more, or processes are left behind',
    next: 'standfast status; standfast doctor',
  },
  {
    code: 'SF-310',
    what: 'the embedded store cannot serve another machine',
    why: 'store: embedded is a file shared by the agents of one machine, and a described host is elsewhere',
    next: 'give every host an address of this machine, or a store for several machines: store: { etcd: managed }',
  },
  {
    code: 'SF-318',
    what: 'there is nobody to ask',
    why: 'apply asks before it changes anything, and standard input is no terminal',
    next: 'look at the plan, then add --yes',
  },
  {
    code: 'SF-319',
    what: 'the description is in force, and not all of it is taken up',
    why: 'a host did not answer, or an instance is not in its planned phase yet',
    next: 'standfast status; standfast explain SERVICE; the agents go on by themselves',
  },
  {
    code: 'SF-320',
    what: 'another host cannot be asked from here',
    why: 'its agent does not run, cannot be reached, or the two do not trust each other',
    next: 'ask on that host; standfast doctor says how the line to it stands',
  },
  {
    code: 'SF-329',
    what: 'no last known good is kept',
    why: 'the agent keeps one for each file under `files:` or `watch: properties:` of a service that it has run on this machine',
    next: 'name the files in the description',
  },
  {
    code: 'SF-331',
    what: 'this account may not change addresses',
    why: 'the address of `route` is put on a device of this machine, which only root or CAP_NET_ADMIN may do',
    next: 'run Standfast as root, or remove `route`',
  },
  {
    code: 'SF-332',
    what: 'a lease too short for an address without nftables',
    why: 'the kernel then ends the address by its lifetime, which counts in whole seconds',
    next: 'install nftables',
  },
  {
    code: 'SF-341',
    what: 'this cannot be rehearsed',
    why: 'a folder that can brings rehearsal/build.mjs, and rehearsal/needs.json for the programs that it takes',
    next: 'standfast up packs/deephaven --rehearsal',
  },
  {
    code: 'SF-342',
    what: 'the rehearsal could not be built',
    why: 'the last words of its builder are shown',
    next: 'mend that and try again; or remove the folder that is named and begin from nothing',
  },
  {
    code: 'SF-343',
    what: 'programs for the rehearsal are missing',
    why: 'a rehearsal runs the real ones where they can be had, and they are not in the PATH',
    next: 'run the command that is shown, or up again with --install',
  },
];
