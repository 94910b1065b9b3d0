// The errors of the agent's socket, and faults of Standfast itself.

import type { ErrorRow } from './errors.ts';

/** SF-7nn and SF-9nn. */
export const agentErrors: readonly ErrorRow[] = [
  {
    code: 'SF-701',
    what: 'there is nothing at this path',
    why: 'the socket has no such question',
    next: 'docs/member.md lists what services ask, docs/socket.md all else',
  },
  {
    code: 'SF-702',
    what: 'the path does not take this method',
    why: 'it is read or written in another way',
    next: 'use the method that the answer names',
  },
  {
    code: 'SF-703',
    what: 'the body is not understood',
    why: 'it is no JSON, or not of the form wanted',
    next: 'docs/member.md shows what services send, docs/socket.md all else',
  },
  { code: 'SF-704', what: 'the body is too long', why: 'the socket takes short messages', next: 'send less' },
  {
    code: 'SF-705',
    what: 'the role cannot be confirmed',
    why: 'it is not the role and term that the instance was asked to take',
    next: 'ask GET /v1/role for the present role and term',
  },
  {
    code: 'SF-706',
    what: 'there is no such open incident',
    why: 'it is resolved, or the name is wrong',
    next: 'standfast incidents',
  },
  {
    code: 'SF-707',
    what: 'the header Standfast-Instance is missing',
    why: 'the agent cannot tell which instance speaks',
    next: 'send Standfast-Instance: $STANDFAST_INSTANCE',
  },
  {
    code: 'SF-708',
    what: 'no such instance runs here',
    why: 'the process was started under another name, or has ended',
    next: 'use the STANDFAST_INSTANCE that the process was started with',
  },
  {
    code: 'SF-709',
    what: 'the agent could not answer',
    why: 'something unexpected happened while it answered',
    next: "see the agent's log",
  },
  {
    code: 'SF-900',
    what: 'unexpected',
    why: 'this is a fault in Standfast itself; what it supervises is not touched by it',
    next: 'please report it with its text',
  },
];
