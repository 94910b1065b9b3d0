// Names and numbers of accounts and groups, from the files of this host: passwd(5), group(5).

import type { Ground } from './ground.ts';

/** Numbers, as text, by name. */
export interface AccountNumbers {
  readonly users: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, string>;
}

/** Those of /etc/passwd and /etc/group; what a directory service knows besides is looked up by nobody here. */
export function accountNumbers(ground: Ground): AccountNumbers {
  const read = (text: string | null): Map<string, string> =>
    new Map(
      (text ?? '').split('\n').flatMap((line): [string, string][] => {
        const [name = '', , number] = line.split(':');
        return number === undefined ? [] : [[name, number]];
      }),
    );
  return { users: read(ground.kernel('etc/passwd')), groups: read(ground.kernel('etc/group')) };
}
