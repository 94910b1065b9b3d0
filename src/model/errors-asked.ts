// What was asked is refused, and why.

import type { ErrorRow } from './errors.ts';

/** SF-4nn. */
export const askedErrors: readonly ErrorRow[] = [
  {
    code: 'SF-402',
    what: 'no description is known yet',
    why: 'the agent has just started and has not read the store',
    next: 'try again in a moment',
  },
  {
    code: 'SF-403',
    what: 'there is no such service',
    why: 'the description does not name it',
    next: 'take one of those listed',
  },
  { code: 'SF-404', what: 'the service is external', why: 'nothing here runs it', next: 'ask its owner' },
  {
    code: 'SF-405',
    what: 'there is no such host',
    why: 'the description does not name it',
    next: 'take one of those listed',
  },
  {
    code: 'SF-406',
    what: 'the service does not run on that host',
    why: '`on` does not name it',
    next: 'take one of those listed',
  },
  {
    code: 'SF-410',
    what: 'there is nothing to fail over',
    why: 'no service is named, or it has no one active that could move',
    next: 'name a service with one active; standfast restart for others',
  },
  {
    code: 'SF-411',
    what: 'it cannot move there now',
    why: 'it is there already, or no host can take it',
    next: 'standfast explain SERVICE',
  },
  {
    code: 'SF-412',
    what: 'state would be lost',
    why: 'the instance that would take over is older than mayLose allows',
    next: 'wait until it has caught up, or accept the loss: --accept-loss',
  },
  { code: 'SF-413', what: 'it is so already', why: 'what was asked for is the case', next: 'nothing need be done' },
  {
    code: 'SF-414',
    what: 'it is not in force',
    why: 'there is no such pause, maintenance or ban to end',
    next: 'standfast intents',
  },
  {
    code: 'SF-415',
    what: 'there is no such open incident',
    why: 'it is resolved, or the name is wrong',
    next: 'standfast incidents',
  },
  {
    code: 'SF-416',
    what: 'somebody else was faster',
    why: 'the same thing was changed at the same time',
    next: 'standfast intents, then try again',
  },
  {
    code: 'SF-417',
    what: 'it is paused',
    why: 'a person has Standfast do nothing about it',
    next: 'standfast resume, then ask again',
  },
  {
    code: 'SF-418',
    what: 'something would go down',
    why: 'the host has the last that can serve it',
    next: 'bring another up first, or accept the loss: --accept-loss',
  },
  {
    code: 'SF-419',
    what: 'the description was changed meanwhile',
    why: 'somebody else applied one since this one was compared with it',
    next: 'look at the difference, and apply again',
  },
  {
    code: 'SF-420',
    what: 'an agent cannot read the description',
    why: 'it is of an older version of Standfast than what the description says needs',
    next: 'bring the named host to the same version first',
  },
  {
    code: 'SF-421',
    what: 'that cannot be changed while it runs',
    why: 'the name of the system and its store belong to its state',
    next: 'take it down, then up with the new description',
  },
  {
    code: 'SF-422',
    what: 'it must not run while this changes',
    why: 'what holds two active ones apart changes, from no lease to one, or from host to host',
    next: 'standfast apply stops and starts it; or stop it, apply, start it',
  },
  {
    code: 'SF-423',
    what: 'the description names another store than the one in use',
    why: 'it cannot be reached from here as described, or what answers there is not the store that the agents agree in: with two, both could make an instance active',
    next: 'name members of the etcd in use, new ones beside the old; to move to another store, take the system down first (docs/store.md)',
  },
  {
    code: 'SF-425',
    what: 'that host is not lost',
    why: 'only a host whose session was ended because it fell silent is fenced, by an agent or by hand',
    next: 'standfast maintenance HOST moves everything away from one that answers',
  },
  {
    code: 'SF-426',
    what: 'there is no fencing to try again',
    why: 'none has failed of that host since it was lost, or it is confirmed off already',
    next: 'standfast status shows what is waited for',
  },
];
