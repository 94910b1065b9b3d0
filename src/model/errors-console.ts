// The errors of the console: its key in the description, and what it answers.

import type { ErrorRow } from './errors.ts';

/** SF-180 to SF-182, and SF-8nn. */
export const consoleErrors: readonly ErrorRow[] = [
  {
    code: 'SF-180',
    what: 'not an address and a port',
    why: 'the console listens on one address and one port',
    next: 'write "127.0.0.1:7420", "[::1]:7420" or "0.0.0.0:7420"',
  },
  {
    code: 'SF-181',
    what: 'the console would be open without TLS',
    why: 'elsewhere than on loopback, passwords could be read on the way',
    next: 'add tls: { cert, key }, or listen on 127.0.0.1 and reach it through ssh -L',
  },
  {
    code: 'SF-182',
    what: 'the issuer is not an https URL',
    why: 'tokens go there; plain http is taken only on loopback',
    next: 'write the issuer as the provider states it',
  },
  {
    code: 'SF-801',
    what: 'there is nothing at this address',
    why: 'the path is not one of the API’s',
    next: 'GET /api/v1/openapi.json lists all',
  },
  {
    code: 'SF-802',
    what: 'what was sent is not as it should be',
    why: 'a field is missing, of another kind, or too long',
    next: 'GET /api/v1/openapi.json shows what is wanted',
  },
  { code: 'SF-803', what: 'it is too long or took too long', why: 'requests here are short', next: 'send less' },
  {
    code: 'SF-804',
    what: 'this name is not one of the console’s',
    why: 'a page elsewhere could otherwise pass for it (DNS rebinding)',
    next: 'use its IP address, or add the name: console: { names: [NAME] }',
  },
  {
    code: 'SF-805',
    what: 'nobody is signed in',
    why: 'acting needs a person, and so does looking from elsewhere than this machine',
    next: 'sign in; users are made by standfast user add NAME',
  },
  {
    code: 'SF-806',
    what: 'this person may not do that',
    why: 'the role is too small: look, operate, administer',
    next: 'ask an administrator: standfast user add NAME --role operate',
  },
  {
    code: 'SF-807',
    what: 'name or password is wrong',
    why: 'which of the two is not said',
    next: 'try again; a new password: standfast user add NAME',
  },
  {
    code: 'SF-808',
    what: 'too many tries to sign in',
    why: 'passwords must not be guessed',
    next: 'wait as long as it says',
  },
  {
    code: 'SF-809',
    what: 'the request came from another page',
    why: 'its origin is not the console, or its token is missing or old',
    next: 'load the page anew; scripts send the header standfast-csrf with what /api/v1/me gave',
  },
  {
    code: 'SF-810',
    what: 'the agent does not answer',
    why: 'it is starting, stopped or overloaded; what is shown is old',
    next: 'standfast doctor; services go on meanwhile',
  },
  {
    code: 'SF-811',
    what: 'there is nothing of that name',
    why: 'no service, host or incident is called so',
    next: 'GET /api/v1/status lists all',
  },
  {
    code: 'SF-812',
    what: 'signing in by the provider came to nothing',
    why: 'the provider refused, does not answer, or its answer does not fit our question',
    next: 'try again; if it stays so, look at console.oidc in the description and at the console’s log',
  },
  {
    code: 'SF-813',
    what: 'the console failed at this request',
    why: 'a fault of Standfast',
    next: 'look into console.log in the host’s state folder, and report it',
  },
  {
    code: 'SF-821',
    what: 'the console cannot listen',
    why: 'the port is in use, or the address is not of this machine',
    next: 'free it, or give another: console: { listen: "127.0.0.1:7520" }',
  },
  {
    code: 'SF-822',
    what: 'the console waits for a user',
    why: 'elsewhere than on loopback nobody may look without a name',
    next: 'standfast user add NAME',
  },
  {
    code: 'SF-823',
    what: 'the console’s certificate cannot be used',
    why: 'the file or its key is missing, cannot be read, or the two do not belong together',
    next: 'look at console.tls in the description',
  },
  {
    code: 'SF-824',
    what: 'the console ended and is started again',
    why: 'its process failed; agent and services are not concerned',
    next: 'look into console.log in the host’s state folder',
  },
  {
    code: 'SF-825',
    what: 'there is no such user',
    why: 'nobody made it, or it was removed',
    next: 'standfast user list',
  },
  {
    code: 'SF-826',
    what: 'the users cannot be read or written now',
    why: 'they stand in the store, and it does not answer',
    next: 'standfast doctor',
  },
  {
    code: 'SF-827',
    what: 'not a name or password for a user',
    why: 'a name has letters, digits and . _ @ - and a password 8 to 1,024 bytes',
    next: 'choose another',
  },
];
