// docs/failure-modes.md, made from the catalogue.

import { modes } from '../src/model/modes.ts';
import type { Mode, ModeFamily } from '../src/model/mode.ts';

const head = `# Failure modes

What goes wrong besides a process that dies. Every agent looks for these on its host, for what the description names and what follows from it; \`watch:\`
of a service adds what only people know ([description](description.md)). What is found opens an incident: of severity 3 while nothing fails of it yet
(*ahead*), as grave as the row says once it holds something up (*fault*). A *change* and *pressure* open none; they are named when something else fails.

An incident names the likeliest mode first, with what speaks for and against it, in \`status\`, \`incidents\` and \`explain\`, and the page that says what to do. It
says *likely* when a fault stood before what failed did, on what that uses, and nothing else explains it as well; else *possibly*. It is never certain.

**Not covered**: what no detector looks for; trends begin anew when an agent is started again; of a chain of certificates on a port only what the port shows;
shadow and sudoers where the agent may not read them; an OOM kill by a limit above the service's own cgroup.

*made*: its test brings the fault about for real (tmpfs, loop devices, FUSE, namespaces, cgroups, the real tools). *fed*: this cannot be made without harm to
the machine, so recorded files go through the same port. *copy*: one instance or host; *every*: all copies at once, so that redundancy masks nothing.

Made from \`src/model/modes*.ts\` by \`node scripts/generate-schema.ts\`.
`;

const families: readonly (readonly [ModeFamily, string])[] = [
  ['exhaustion', 'Exhaustion'],
  ['certificates', 'Certificates'],
  ['configuration', 'Configuration files'],
  ['names', 'Names and addresses'],
  ['versions', 'Versions'],
  ['people', 'Configuration management and people'],
  ['network', 'Network'],
  ['storage', 'Storage'],
  ['host', 'The host'],
  ['slow', 'Slow, not dead'],
];

/** The whole page. */
export function failureModesPage(): string {
  return `${head}${families.map(([family, title]) => section(title, family)).join('')}`;
}

function section(title: string, family: ModeFamily): string {
  const rows = modes.filter((mode) => mode.family === family);
  return `\n## ${title}\n\n| mode | what it is | how it shows | takes down | severity | found by, when | met by | what to do | test |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n${rows.map(line).join('')}`;
}

function line(mode: Mode): string {
  const cells = [
    `\`${mode.id}\``,
    mode.what,
    mode.shows,
    mode.takesDown,
    String(mode.severity),
    `\`${mode.detector}\`. ${mode.thresholds}`,
    mode.strategies.map((strategy) => (strategy === 'fixFast' ? 'fix fast' : strategy)).join(', '),
    `[${mode.runbook}](runbooks/modes/${mode.runbook}.md)`,
    mode.tested,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}
