// Errors of the store between several machines.

import type { ErrorRow } from './errors.ts';

/** SF-184, SF-185 and SF-311 to SF-313. */
export const storeErrors: readonly ErrorRow[] = [
  {
    code: 'SF-184',
    what: 'the URLs of etcd are wrong',
    why: 'each member is asked at its own URL, with scheme and port, all in the same way',
    next: 'write for example [ "https://10.1.0.1:2379", "https://10.1.0.2:2379", "https://10.1.0.3:2379" ]',
  },
  {
    code: 'SF-185',
    what: 'keys of the store do not fit together',
    why: 'certificates need https, a certificate its key, a user its password; a managed etcd takes none of them',
    next: 'add or remove the key that is named',
  },
  {
    code: 'SF-311',
    what: 'the description names another store than the one in use',
    why: 'agents of this system run; two that agree in two places could both make an instance active',
    next: 'bring the system down on every host, then up with the new description',
  },
  {
    code: 'SF-312',
    what: 'the managed etcd does not answer yet',
    why: 'it is formed when all hosts that have a member of it are up for the first time, so that there can never be two',
    next: 'run up on the others too; the log of each agent says what it waits for',
  },
  {
    code: 'SF-313',
    what: 'there is no etcd program',
    why: 'a managed etcd is run by Standfast, and installed by you',
    next: 'install it, 3.4 or newer (Debian: apt-get install etcd-server)',
  },
];
