// `unit`: a systemd unit that brings the system up at boot. Stopping or restarting it leaves the services running.

import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemLayout } from '../../layout.ts';
import type { Context } from '../context.ts';
import { chooseSystem } from '../context.ts';
import { readPath } from '../description.ts';
import { Failure } from '../failure.ts';
import { ownerName } from '../owner.ts';
import { findAgent } from '../systems.ts';
import type { Run } from '../verb.ts';

/** Prints it and installs nothing. Exit 0; 2 or 3: which system is meant could not be told. */
export const unit: Run = async (context, words, options) => {
  const { name, file } = await described(context, words[0]);
  const launcher = await launcherOf();
  const user = context.world.uid === 0 ? [] : [`User=${ownerName(context.world.env)}`];
  const command = (verb: string): string => [quoted(launcher), verb, '--state', quoted(context.state)].join(' ');
  const lines = [
    `# ${name}: save as /etc/systemd/system/standfast-${name}.service, then:`,
    `#   systemctl daemon-reload && systemctl enable --now standfast-${name}`,
    `# Restarting or stopping this unit stops nothing: agents, keepers and services go on. To stop the system: standfast down.`,
    `# When agent and keeper of a host are both lost, this unit starts them again; when the machine shuts down, services stop in order.`,
    '[Unit]',
    `Description=Standfast keeps ${name} standing`,
    'After=network-online.target local-fs.target time-sync.target',
    'Wants=network-online.target',
    '',
    '[Service]',
    'Type=exec',
    ...user,
    `Environment=${assigned('PATH', context.world.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin')}`,
    `ExecStart=${command(`up ${quoted(file)}`)}`,
    `ExecStop=/bin/sh -c '[ "$(systemctl is-system-running)" != stopping ] || exec ${command('down').replaceAll("'", `'\\''`)} --system ${quoted(name)}'`,
    'Restart=on-failure',
    'RestartSec=1s',
    '# 2: the description has errors, or is not the one in force. Trying again would not help.',
    'RestartPreventExitStatus=2',
    '# The services live in this unit as well: only the commands above may end anything.',
    'KillMode=process',
    'TimeoutStopSec=5min',
    'Delegate=yes',
    'LimitNOFILE=65536',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
  if (options.flag('json'))
    context.terminal.print(JSON.stringify({ system: name, file, unit: `${lines.join('\n')}\n` }, null, 2));
  else context.terminal.print(...lines);
  return 0;
};

/** The system and its description's file: of PATH, else of the one that runs. */
async function described(
  context: Context,
  path: string | undefined,
): Promise<{ readonly name: string; readonly file: string }> {
  if (path !== undefined) {
    const read = await readPath(path);
    if (read.system !== null) return { name: read.system.name, file: resolve(read.file) };
    throw new Failure({
      code: 'SF-003',
      what: `${read.file} has errors`,
      next: context.command(`check ${path}`),
      exit: 2,
    });
  }
  const system = await chooseSystem(context);
  const agent = await findAgent(system);
  const description = await agent?.description().catch(() => null);
  if (description !== null && description !== undefined) return { name: system.name, file: fileOf(description) };
  const store = await context.world.openStore(systemLayout(context.state, system.name).storeFile, false);
  try {
    const stored = await store.description();
    if (stored !== null) return { name: system.name, file: fileOf(stored) };
  } finally {
    await store.close();
  }
  throw new Failure({
    code: 'SF-004',
    what: `no description of ${system.name} is known`,
    next: `Give its path: ${context.command('unit PATH')}`,
    exit: 3,
  });
}

/** The file's own name is as people gave it, from wherever they stood; its folder is absolute. */
function fileOf({ folder, file }: { readonly folder: string; readonly file: string }): string {
  return join(folder, basename(file));
}

/** What starts this program: `standfast` of the checkout, or the installed one. */
async function launcherOf(): Promise<string> {
  const main = await realpath(process.argv[1] ?? '');
  const root = dirname(dirname(main));
  return main.endsWith('.ts') ? join(root, 'standfast') : join(root, 'bin', 'standfast');
}

/** As systemd reads an assignment: a space ends it, and `%` is its own. */
function assigned(name: string, value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return /^[\w@+=:,./-]+$/.test(value) ? `${name}=${value}` : `"${name}=${escaped}"`;
}

/** As systemd splits a command: no `%` and no `$` of its own. */
function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@+=:,./-]+$/.test(text) ? text : `"${escaped}"`;
}
