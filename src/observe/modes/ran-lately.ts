// What package and configuration management ran lately, from their own logs: so that "package removed" comes with the command that did it.
// apt: /var/log/apt/history.log. Ansible writes to the system log as "ansible-…: Invoked with"; Puppet as "puppet-agent[…]"; Chef as "chef-client".

import type { Ground } from './ground.ts';

/** So long ago it has nothing to do with what is seen now. */
const recentMs = 86_400_000;
const readLast = 64 << 10;
const manages = /ansible-\S+: Invoked|puppet-agent\[|chef-client/;
const onlyLooks = /_ansible_check_mode=True|\(noop\)|why-run/;

/** ` (apt-get remove x, at 2026-11-21 13:00:01)`, or nothing that is known. */
export function ranLately(ground: Ground, about: string): string {
  const found = fromApt(ground, about) ?? fromSystemLog(ground);
  return found === null ? '' : ` (${found})`;
}

function fromApt(ground: Ground, about: string): string | null {
  const text = ground.tail('var/log/apt/history.log', readLast) ?? '';
  const block = text
    .split('\n\n')
    .filter((each) => each.includes(`${about}:`) || each.includes(` ${about} `))
    .at(-1);
  const command = /^Commandline: (.+)$/m.exec(block ?? '')?.[1];
  const at = /^Start-Date: (.+)$/m.exec(block ?? '')?.[1];
  if (command === undefined || at === undefined) return null;
  const by = /^Requested-By: (\S+)/m.exec(block ?? '')?.[1];
  return `${command.slice(0, 120)}${by === undefined ? '' : ` by ${by}`}, at ${at.replaceAll(/\s+/g, ' ')}`;
}

/** The last run of a configuration management within a day; one that only looked what it would do changed nothing. */
function fromSystemLog(ground: Ground): string | null {
  for (const path of ['var/log/syslog', 'var/log/messages']) {
    const line = (ground.tail(path, readLast) ?? '')
      .split('\n')
      .findLast((each) => manages.test(each) && !onlyLooks.test(each));
    const which = /ansible|puppet|chef/.exec(line ?? '')?.[0];
    const at = /^(\d{4}-\d\d-\d\dT\S+|\w{3}\s+\d+ [\d:]+)/.exec(line ?? '')?.[1];
    if (which === undefined || at === undefined) continue;
    const when = Date.parse(/^\d{4}/.test(at) ? at : `${at} ${new Date(ground.now()).getFullYear()}`);
    if (Number.isNaN(when) || Math.abs(ground.now() - when) < recentMs) return `${which} ran at ${at}`;
  }
  return null;
}
