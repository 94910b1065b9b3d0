// Whose account a service runs under. Looked up by name where names are kept (`getent` where it is not /etc/passwd).

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/** For `setpriv`: a user with the groups it belongs to, or a group alone. */
export interface Account {
  readonly user: string | null;
  readonly group: string;
  /** The user's own folder; null: of none, or it has none. */
  readonly home: string | null;
}

/** Null when nothing needs to change. */
export async function accountFor(user: string | null, group: string | null): Promise<Account | null | Refusal> {
  if (user === null && group === null) return null;
  const account = user === null ? null : await entry('passwd', user);
  if (user !== null && account === null)
    return refuse('account', `there is no user ${user} on this machine: create it, or change \`user\``);
  const named = group === null ? null : await entry('group', group);
  if (group !== null && named === null)
    return refuse('account', `there is no group ${group} on this machine: create it, or change \`group\``);
  const gid = named?.[2] ?? account?.[3] ?? '';
  const isOwnUser = account === null || Number(account[2]) === process.getuid?.();
  if (isOwnUser && Number(gid) === process.getgid?.()) return null;
  if (process.getuid?.() !== 0)
    return refuse(
      'account',
      `only root can start a process as ${user ?? 'this user'}:${group ?? gid}: run Standfast as root or leave \`user\` and \`group\` out`,
    );
  const home = account?.[5] ?? '';
  return { user: account?.[0] ?? null, group: gid, home: home === '' ? null : home };
}

/** The fields of a line of passwd or group, by name or number. */
async function entry(database: 'passwd' | 'group', name: string): Promise<string[] | null> {
  const text = await readFile(`/etc/${database}`, 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.split(':'));
  const found = lines.find((fields) => fields[0] === name) ?? lines.find((fields) => fields[2] === name);
  if (found !== undefined) return found;
  try {
    const { stdout } = await promisify(execFile)('getent', [database, name], { timeout: 5000 });
    return stdout.trim().split(':');
  } catch {
    return null;
  }
}
