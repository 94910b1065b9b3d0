// docs/failure-modes.md, made from the catalogue.

import { existsSync, readFileSync } from 'node:fs';
import type { Machine } from '../bench/machine.ts';
import { modes } from '../src/model/modes.ts';
import {
  calmFile,
  isCertain,
  isFirst,
  resultsFile,
  totals,
  type Kept,
  type MeasuredWay,
} from '../testbed/modes/report.ts';
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

\`standfast found\` shows what the detectors see now, also what calls nobody; \`detectors: { off: [NAME] }\` switches one off that is wrong somewhere.

All detectors together take at most 3 % of one processor (of a host with more than 50 services, that much for each 50). One whose looks are dear, such as of a folder with a
million files, looks less often until it keeps within its part; the others do not wait for it. \`found\`, \`doctor\` and \`explain\` say so, since what it finds may be so old, and other
hosts compare nothing with it that is older than three of its usual looks.

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
  return `${head}${families.map(([family, title]) => section(title, family)).join('')}${measured()}`;
}

/** What `npm run modes` and `npm run calm` came to, as they were kept. */
function measured(): string {
  if (!existsSync(resultsFile)) return '';
  const kept = JSON.parse(readFileSync(resultsFile, 'utf8')) as Kept;
  const known = new Map(kept.modes.map((each) => [each.mode, each.ways]));
  const { ways, first, off, certain } = totals(kept.modes);
  const all = modes.filter(
    ({ id }) => (known.get(id) ?? []).length > 0 && (known.get(id) ?? []).every((way) => isFirst(id, way.on)),
  );
  const rows = modes.map(({ id }) => {
    const of = known.get(id) ?? [];
    const cells = [0, 1].map((n) => wayCell(id, of[n]));
    return `| \`${id}\` | ${cells.join(' | ')} | ${offCell(of)} |\n`;
  });
  return `
## Measured

\`npm run modes\` makes each mode in two ways on the running product, in namespaces of its own, each time with two harmless changes (a comment in its configuration, an
upgraded package), and asks \`explain\`; then again with the detector switched off that finds it. Named first: **${first} of ${ways} ways, ${all.length} of ${modes.length} modes in both**. With its detector off another certain answer: **${certain} of ${off}**.
${calm()}
Each way counts by its last run, the newest of them ${on(kept.machine)} The busier the machine, the likelier a wait runs out: such a way counts as not named.

| mode | way 1 | way 2 | its detector off: another certain answer |
| --- | --- | --- | --- |
${rows.join('')}
*Itself*: an incident of its own; *known*: it calls nobody, and \`explain\` of the service tells of it.
`;
}

function wayCell(mode: string, way: MeasuredWay | undefined): string {
  if (way === undefined || way.on === null) return '–';
  if (typeof way.on === 'string') return `${way.how}: not made`;
  const named = isFirst(mode, way.on) ? `yes, ${way.on.sure ?? ''}` : `no: ${way.on.first ?? 'nothing in time'}`;
  return `${named} (${way.how})`.replaceAll('|', '\\|');
}

function offCell(ways: readonly MeasuredWay[]): string {
  const tried = ways.filter(({ off }) => off !== null && typeof off !== 'string');
  if (tried.length === 0) return '–';
  const others = tried.flatMap(({ off }) =>
    off !== null && typeof off !== 'string' && isCertain(off) ? off.wrong : [],
  );
  return others.length === 0 ? 'no' : others.join(', ');
}

function calm(): string {
  if (!existsSync(calmFile)) return '';
  const { pack, minutes, falseAlarms, machine } = JSON.parse(readFileSync(calmFile, 'utf8')) as {
    pack: string;
    minutes: number;
    falseAlarms: number;
    machine: Machine;
  };
  return `\nFalse alarms of the healthy rehearsal of \`packs/${pack}\` under load (\`npm run calm\`): **${falseAlarms} in ${minutes} min**, ${on(machine)}\n`;
}

function on({ cpu, cores, load, commit, at }: Machine): string {
  return `${at.slice(0, 10)} at ${commit}: ${cpu}, ${cores} cores, load ${load} before it began.`;
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
