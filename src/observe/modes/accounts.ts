// Accounts that services run as: gone, locked, expired, without a shell; and entries of cron and sudo that are gone. Read from the files of this host
// (passwd(5), shadow(5), crontab(5), sudoers(5)); an account of a directory service is asked for through getent.
// Does not cover: shadow and sudoers when the agent may not read them; then only that an account is gone is seen.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { ranLately } from './ran-lately.ts';
import { openSinceBoot, type SinceBoot } from './since-boot.ts';
import type { WatchedName } from './watch.ts';

const everyMs = 30_000;
const askWithinMs = 5000;
const dayMs = 86_400_000;

/** Opens the detector. */
export function openAccounts(ground: Ground): Detector {
  /** As each was at the first look: a service account is often locked from the beginning, and that is no news. */
  let before: SinceBoot | null = null;
  return {
    name: 'accounts',
    everyMs,
    async look(watch) {
      const since = (before ??= openSinceBoot(ground, `${watch.kept}/accounts.json`));
      const seen = await Promise.all(watch.accounts.map((account) => accountSeen(ground, account, since)));
      return { seen: [...seen.flat(), ...entriesSeen(ground, watch.entries)] };
    },
  };
}

interface Account {
  readonly locked: boolean;
  readonly shell: string;
}

async function accountSeen(ground: Ground, { name, services }: WatchedName, since: SinceBoot): Promise<Seen[]> {
  const say = (how: string): Seen[] => [
    {
      mode: 'account-locked',
      subject: name,
      services,
      weight: 'fault',
      text: `account ${name} ${how}${ranLately(ground, name)}`,
    },
  ];
  const here = lineOf(ground.kernel('etc/passwd'), name);
  if (here === null) {
    const asked = await ground.ask(['getent', 'passwd', name], { on: 'accounts', within: askWithinMs });
    // 2: there is none of that name (getent(1)).
    return asked.kind === 'ended' && asked.code === 2 ? say('is gone') : [];
  }
  const shadow = lineOf(ground.kernel('etc/shadow'), name);
  const expires = shadow?.[7] ?? '';
  if (expires !== '' && Number(expires) * dayMs <= ground.now()) return say('has expired');
  const account: Account = { locked: /^[!*]/.test(shadow?.[1] ?? ''), shell: here[6] ?? '' };
  const before = accountOf(since.first(name, `${account.locked ? 'locked' : 'open'} ${account.shell}`));
  if (account.locked && !before.locked) return say('was locked');
  if (account.shell !== before.shell && /(nologin|false)$/.test(account.shell))
    return say(`has lost its shell: ${account.shell} in place of ${before.shell}`);
  return [];
}

function accountOf(first: string): Account {
  const space = first.indexOf(' ');
  return { locked: first.slice(0, space) === 'locked', shell: first.slice(space + 1) };
}

function lineOf(text: string | null, name: string): readonly string[] | null {
  const line = (text ?? '').split('\n').find((each) => each.startsWith(`${name}:`));
  return line === undefined ? null : line.split(':');
}

function entriesSeen(
  ground: Ground,
  entries: readonly { readonly text: string; readonly services: readonly string[] }[],
): Seen[] {
  if (entries.length === 0) return [];
  const folders = ['etc/cron.d', 'var/spool/cron/crontabs', 'var/spool/cron', 'etc/sudoers.d'];
  // An agent that may not read all of them does not know.
  if ([...folders, 'etc/sudoers'].some((path) => ground.isClosed(path))) return [];
  const files = [
    'etc/crontab',
    'etc/anacrontab',
    'etc/sudoers',
    ...folders.flatMap((folder) => ground.names(folder).map((name) => `${folder}/${name}`)),
  ];
  const lines = files
    .flatMap((path) => (ground.kernel(path) ?? '').split('\n'))
    .filter((line) => !line.trim().startsWith('#'));
  return entries
    .filter(({ text }) => !lines.some((line) => line.includes(text)))
    .map(({ text, services }) => ({
      mode: 'scheduled-entry-gone',
      subject: text,
      services,
      weight: 'fault',
      text: `no line of cron or sudo has “${text}”${ranLately(ground, text)}`,
    }));
}
