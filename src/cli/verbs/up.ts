// `up`: starts the hosts of this machine, and follows.

import type { StatusView } from '../../api.ts';
import { systemLayout } from '../../layout.ts';
import type { System } from '../../model/system.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { readPath } from '../description.ts';
import { Failure } from '../failure.ts';
import type { ExitStatus } from '../failure.ts';
import { readJournals } from '../journals.ts';
import { howLong } from '../how-long.ts';
import { liveScreen } from '../live.ts';
import { refuseDescription } from '../refuse-description.ts';
import { tryLine, upScreen } from '../screens/up-screen.ts';
import { demandAddresses, isInPath } from '../start/addresses.ts';
import { putDescription, startKeepers } from '../start/begin.ts';
import { consoleLine } from '../start/console-line.ts';
import { differenceFailure } from '../start/difference.ts';
import { followOn, settle } from '../start/follow.ts';
import { keepHere } from '../start/here.ts';
import { hostsHere } from '../start/hosts-here.ts';
import { lateFailure } from '../start/late.ts';
import { makeFolders } from '../start/folders.ts';
import { presences } from '../start/keepers.ts';
import { buildRehearsal } from '../start/rehearsal.ts';
import { checkPorts } from '../start/ports.ts';
import type { Options, Run } from '../verb.ts';

/** How long the screen is redrawn for a start; what is not up by then is said, and followed line by line. */
const startScreenMs = 60_000;
/** With `--detach`. */
const usualTimeoutMs = 60_000;

/** Exit 0: as planned (with `--detach`), or the following was ended; 1: not as planned in time; 2: errors, or another description is in force; 3: an agent does not answer. */
export const up: Run = async (context, words, options) => {
  if (!options.flag('json')) return await bringUp(context, context, words, options);
  if (!options.flag('detach'))
    throw new Failure({
      code: 'SF-002',
      what: '--json needs --detach: what is followed has no end',
      next: 'Write up PATH --detach --json; for every change: status --watch --json.',
      exit: 2,
    });
  // Scripts get one value at the end, and nothing of what happens on the way.
  const quiet = {
    ...context,
    terminal: { ...context.terminal, redraws: false, print: () => undefined, write: () => undefined },
  };
  return await bringUp(quiet, context, words, options);
};

/** `scripts`: where JSON goes, when it is wanted. */
async function bringUp(
  context: Context,
  scripts: Context,
  words: readonly string[],
  options: Options,
): Promise<ExitStatus> {
  const timeoutMs = howLong('--timeout', options.text('timeout'), '90s, 2m or 500ms') ?? usualTimeoutMs;
  const path = words[0] ?? '.';
  const rehearsal = { folder: options.text('folder'), install: options.flag('install') };
  const given = await readPath(options.flag('rehearsal') ? await buildRehearsal(context, path, rehearsal) : path);
  const { system } = given;
  if (given.problems.length > 0 || system === null)
    return refuseDescription(scripts, given.problems, { json: options.flag('json') });
  const hosts = await hostsHere(system, options.list('host'));
  demandAddresses(system, hosts);
  const layout = systemLayout(context.state, system.name);
  await makeFolders(context.state, layout, hosts, context.world.uid);
  const { inForce, written } = await putOrCheck(context, system, given, { hosts, timeoutMs });
  await keepHere(system, layout, given, inForce);
  if (inForce.hash === system.hash)
    for (const host of hosts) await context.world.keepReading(layout.host(host).readingFile, given, system);
  await startKeepers(context, { system: system.name, layout, hosts });
  const chosen: ChosenSystem = { name: system.name, layout, hosts };
  const difference = written
    ? null
    : differenceFailure(context, { file: given.file, folder: given.folder, system }, inForce);
  const exit = await follow(context, chosen, {
    timeoutMs,
    detach: options.flag('detach') || difference !== null,
    settled: (view) => {
      if (options.flag('json')) scripts.terminal.print(JSON.stringify(view, null, 2));
    },
  });
  if (difference !== null) throw difference;
  return exit;
}

/** The ports are looked at before anything is written or started, as far as nothing of ours runs. */
async function putOrCheck(
  context: Context,
  system: System,
  given: { readonly text: string; readonly folder: string; readonly file: string },
  of: { readonly hosts: readonly string[]; readonly timeoutMs: number },
): ReturnType<typeof putDescription> {
  const layout = systemLayout(context.state, system.name);
  const { hosts } = of;
  const running = await presences(layout, hosts);
  const idle = running.filter((each) => !each.agent && !each.keeper).map((each) => each.host);
  const runs = idle.length < running.length;
  const place = await context.world.storePlace(layout.storeFile, system);
  demandStore(context, system, { place, runs, hosts });
  await checkPorts(context, system, layout, idle);
  if (!runs) place.use();
  // A managed etcd runs under the keepers.
  if (place.managed !== null) await startKeepers(context, { system: system.name, layout, hosts });
  const description = { text: given.text, folder: given.folder, file: given.file, hash: system.hash };
  return putDescription(
    context,
    layout,
    description,
    place.managed !== null ? { untilMs: context.now() + of.timeoutMs } : null,
  );
}

/** Where the agents will agree can't be exchanged under running ones; and what we are to run must be there. */
function demandStore(
  context: Context,
  system: System,
  of: {
    readonly place: Awaited<ReturnType<Context['world']['storePlace']>>;
    readonly runs: boolean;
    readonly hosts: readonly string[];
  },
): void {
  const { inUse, wanted, managed } = of.place;
  if (of.runs && inUse !== wanted)
    throw new Failure({
      code: 'SF-311',
      what: `${system.name} runs and agrees in another store than this description names`,
      why: `In use: ${inUse}. Described: ${wanted}. Agents that agree in two places could both make an instance active.`,
      next: `Bring it down on every host (${context.command('down')}), then up with this description. docs/store.md tells what goes along.`,
      exit: 2,
    });
  const member = of.hosts.find((host) => managed?.includes(host) === true);
  if (member !== undefined && !isInPath('etcd'))
    throw new Failure({
      code: 'SF-313',
      what: `host ${member} is to run a member of the managed etcd, and there is no etcd here`,
      next: 'Install it, 3.4 or newer (Debian: apt-get install etcd-server), then up again.',
      exit: 2,
    });
}

async function follow(
  context: Context,
  system: ChosenSystem,
  of: { readonly timeoutMs: number; readonly detach: boolean; readonly settled: (view: StatusView) => void },
): Promise<ExitStatus> {
  const signal = context.interruption();
  const live = context.terminal.redraws ? liveScreen(context.terminal) : null;
  let shown: StatusView | null = null;
  const settled = await settle(context, system, {
    hosts: system.hosts,
    untilMs: context.now() + (of.detach ? of.timeoutMs : startScreenMs),
    signal,
    show: (view) => {
      shown = view;
      live?.draw(upScreen(view, context, Math.max(3, context.terminal.rows() - 8)));
    },
  });
  live?.draw([]);
  live?.end();
  const last: StatusView | null = shown;
  if (last !== null) context.terminal.print(...upScreen(last, context));
  if (last !== null) of.settled(last);
  if (settled.kind === 'interrupted') return goesOn(context);
  const late = settled.kind === 'late' ? await lateFailure(context, system, settled.view, of.timeoutMs) : null;
  if (of.detach) {
    if (late !== null) throw late;
    await printConsole(context, system, signal);
    context.terminal.print('', goesOnText(context));
    return 0;
  }
  if (late !== null)
    context.terminal.print('', `Not all is as planned yet: ${late.message}.`, ...(late.why === null ? [] : [late.why]));
  const hint = settled.kind === 'planned' ? tryLine(settled.view, context) : null;
  if (hint !== null) context.terminal.print(hint);
  await printConsole(context, system, signal);
  context.terminal.print('', 'Following; ^C ends the following only.');
  const end = await followOn(context, system, last, signal);
  if (end === 'interrupted') return goesOn(context);
  if (wasAskedToGo(context, system)) {
    context.terminal.print(`${system.name} was stopped: agents and keepers are gone, as asked.`);
    return 0;
  }
  throw new Failure({
    code: 'SF-301',
    what: `agents and keepers of ${system.name} are gone, and nobody asked for it`,
    why: 'Services may still run; nobody watches them.',
    next: `Start them again: ${context.command('up PATH')}`,
    exit: 3,
  });
}

async function printConsole(context: Context, system: ChosenSystem, signal: AbortSignal): Promise<void> {
  const line = await consoleLine(context, system, signal);
  if (line !== null) context.terminal.print(line);
}

/** True when the last thing that an agent wrote down lately is that it ends as asked. */
function wasAskedToGo(context: Context, system: ChosenSystem): boolean {
  const { lines } = readJournals(system, { sinceMs: context.now() - 60_000, kinds: ['quit'] });
  return lines.length > 0;
}

function goesOn(context: Context): ExitStatus {
  context.terminal.print('', goesOnText(context));
  return 0;
}

function goesOnText(context: Context): string {
  return `It goes on running. Look: ${context.command('status')}   Stop it: ${context.command('down')}`;
}
