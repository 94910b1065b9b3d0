// As whom a command runs, said once for all rooms that run one: services, checks and calls, steps of runbooks. Who they are is looked up where names are
// kept (`getent` where it is not /etc/passwd), each time anew: an account that was changed counts at once.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { becomeScript } from './model/become.ts';

/** As whom something runs. */
export interface Account {
  /** Options of `setpriv`; none: it runs as we do. */
  readonly privileges: readonly string[];
  /** What its environment has of it, where the description does not say otherwise: as at a login. */
  readonly env: Readonly<Record<string, string>>;
}

/** Nothing can run as that. */
export interface NoAccount {
  /** Why nothing can run so: ends without a full stop. */
  readonly why: string;
}

/** The names that an account brings into the environment: ours, and one that is named. */
export const accountVariables = { ours: ['HOME'], named: ['HOME', 'USER', 'LOGNAME', 'SHELL'] } as const;

/** By its path: the PATH that the description gives may not have it. */
export const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path)) ?? 'setpriv';

/** Names may be kept in a directory on the network. */
const getentWithinMs = 5000;

/** Of who ran `up`, once this process writes for its owner alone. */
let usualUmask: string | null = null;

/** From now on what this process writes is for its owner alone; the commands that it runs keep the umask of who ran `up`, which is returned. */
export function writeForOwner(): number {
  const before = process.umask(0o077);
  usualUmask = before.toString(8).padStart(4, '0');
  return before;
}

/** Who runs this process. HOME is that of who ran `up`. */
export function ownAccount(): Account {
  return { privileges: [], env: { HOME: process.env['HOME'] ?? '/' } };
}

/** A user with the groups that it belongs to, and another first group where `group` is said; or a group alone. By name or number. */
export async function accountFor(user: string | null, group: string | null): Promise<Account | NoAccount> {
  if (user === null && group === null) return ownAccount();
  const uid = process.getuid?.() ?? -1;
  const account = user === null ? null : await entry('user', user);
  // In a container our own number may have no name.
  if (account !== null && 'why' in account)
    return user === String(uid) && group === null ? ownAccount() : { why: account.why };
  const named = group === null ? null : await entry('group', group);
  if (named !== null && 'why' in named) return { why: named.why };
  const [name = '', , number = '', first = ''] = account ?? [];
  const gid = named?.[2] ?? first;
  const env = account === null ? ownAccount().env : atLogin(account);
  const isOwn = account === null || Number(number) === uid;
  if (isOwn && (group === null || Number(gid) === process.getgid?.())) return { privileges: [], env };
  if (uid !== 0)
    return { why: `only root can run something as ${user ?? 'this user'}${group === null ? '' : `:${group}`}` };
  return account === null
    ? { privileges: ['--regid', gid, '--clear-groups'], env }
    : { privileges: ['--reuid', name, '--regid', gid, '--init-groups'], env };
}

/** Of a line of passwd. Where nobody may log in a program stands for the shell that only says so. */
function atLogin([name = '', , , , , home = '', shell = '']: readonly string[]): Account['env'] {
  const isShell = shell !== '' && !/\/(nologin|false)$/.test(shell);
  return { HOME: home === '' ? '/' : home, USER: name, LOGNAME: name, SHELL: isShell ? shell : '/bin/sh' };
}

/** See `becomeScript`; with the umask that commands have. `more`: privileges besides the account's. */
export function scriptAs(
  account: Account,
  of: {
    readonly dir: string;
    readonly before?: readonly string[];
    readonly said?: readonly string[];
    readonly more?: readonly string[];
    readonly brought: boolean;
  },
): string {
  const { dir, before = [], said = [], more = [], brought } = of;
  return becomeScript({
    dir,
    setpriv,
    privileges: [...more, ...account.privileges],
    before: [...(usualUmask === null ? [] : [`umask ${usualUmask}`]), ...before],
    said,
    brought,
  });
}

/** The number of a user or group, by name or number; null: there is none; `unknown`: who knows the names does not say now. */
export async function accountNumber(what: 'user' | 'group', name: string): Promise<number | null | 'unknown'> {
  const found = await entry(what, name);
  if (!('why' in found)) return Number(found[2]);
  return found.isCertain ? null : 'unknown';
}

/** The fields of a line of passwd or group, by name or number. `isCertain`: there is none, rather than nobody says. */
async function entry(
  what: 'user' | 'group',
  name: string,
): Promise<readonly string[] | (NoAccount & { readonly isCertain: boolean })> {
  const database = what === 'user' ? 'passwd' : 'group';
  const text = await readFile(`/etc/${database}`, 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.split(':'));
  const found = lines.find((fields) => fields[0] === name) ?? lines.find((fields) => fields[2] === name);
  if (found !== undefined) return found;
  return await new Promise((resolve) => {
    execFile('getent', [database, '--', name], { timeout: getentWithinMs }, (error, stdout) => {
      if (error === null) resolve(stdout.trim().split(':'));
      // Only one that came to its own end has said that there is none.
      else if (typeof error.code === 'number')
        resolve({ why: `there is no ${what} ${name} on this machine`, isCertain: true });
      else resolve({ why: `whether there is a ${what} ${name}, getent does not say`, isCertain: false });
    });
  });
}
