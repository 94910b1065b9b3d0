// The lines of sh that become a command: as an account, in a folder, with nothing left behind. What cannot be done is told over descriptor 3, so that a
// command that is not there never looks like one that ended. The folder is entered as the account itself, which may reach what root may not (a network
// file system, somebody's FUSE mount).

import { shellQuoted } from './shell-quote.ts';

/** Exit status of these lines when the folder cannot be entered. 126 and 127 are of `exec` (POSIX: found and refused, not found). */
const notEntered = 125;

/** A script for `sh -c SCRIPT NAME COMMAND…`. `said`: lines for when nothing is left to fail but the command itself. */
export function becomeScript(of: {
  readonly dir: string;
  /** Its path. */
  readonly setpriv: string;
  /** Options for it; none: everything stays as it is. */
  readonly privileges: readonly string[];
  /** As we are, before all else. */
  readonly before: readonly string[];
  readonly said: readonly string[];
  /** Where the account may not enter the folder and we may, it starts there all the same, as after `su`. */
  readonly brought: boolean;
}): string {
  const dir = shellQuoted(of.dir);
  const become = [
    `trap 'echo "no $?" >&3' EXIT`,
    // bash, where it is sh, runs no trap when exec fails, and goes on only when told so
    '[ -z "${BASH_VERSION-}" ] || shopt -s execfail',
    `cd -- ${dir} 2>&3 || [ "$0" = brought ] || exit ${notEntered}`,
    'unset OLDPWD',
    ...of.said,
    '{ exec "$@"; } 3>&-',
    'exit',
  ];
  if (of.privileges.length === 0) return [...of.before, ...become].join('\n');
  const words = [of.setpriv, ...of.privileges].map(shellQuoted).join(' ');
  const through = `exec ${words} -- /bin/sh -c ${shellQuoted(become.join('\n'))}`;
  return [
    ...of.before,
    ...(of.brought ? [`cd -- ${dir} 2>/dev/null && ${through} brought "$@"`] : []),
    `${through} standfast "$@"`,
  ].join('\n');
}

/** What those lines told when they did not become the command: the status with which they ended; null: they did. */
export function statusTold(told: string): number | null {
  const status = /^no (\d+)$/m.exec(told)?.[1];
  return status === undefined ? null : Number(status);
}

/** Why the command did not come to run, in words. */
export function whyNotBecome(status: number, command: string, dir: string): string {
  if (status === notEntered) return `its folder ${dir} is not there, or may not be entered`;
  if (status === 127) return `${command} is not there (looked from ${dir})`;
  return `${command} may not be run`;
}
