// `check`: all that is wrong with a description; or, when nothing is, whether each service can be back in time.

import { counted } from '../../model/amount-words.ts';
import { existsSync } from 'node:fs';
import { systemLayout } from '../../layout.ts';
import { checkReport } from '../../model/check-report.ts';
import type { CheckRow, MeasuredByService } from '../../model/check-report.ts';
import type { System } from '../../model/system.ts';
import { checkStore, type StoreCheck } from '../../model/check-store.ts';
import { storeUnmeasured, type Origin } from '../../model/timings.ts';
import { columns } from '../columns.ts';
import type { Column } from '../columns.ts';
import type { Context } from '../context.ts';
import type { InstanceHistory } from '../world.ts';
import { readPath } from '../description.ts';
import { addressFindings } from '../start/addresses.ts';
import { hostsHere } from '../start/hosts-here.ts';
import { Failure } from '../failure.ts';
import { refuseDescription } from '../refuse-description.ts';
import { safe, wrapped } from '../text.ts';
import { durationText } from '../times.ts';
import type { Run } from '../verb.ts';

/** Exit 0: valid, and every service fits; 1: valid, and one does not; 2: errors. */
export const check: Run = async (context, words, options) => {
  const read = await readPath(words[0] ?? '.').catch((error: unknown) => {
    if (options.flag('json') && error instanceof Failure)
      context.terminal.print(JSON.stringify(unread(error, words[0] ?? '.'), null, 2));
    throw error;
  });
  const { system, problems } = read;
  if (system === null || problems.length > 0)
    return refuseDescription(context, problems, { json: options.flag('json'), more: { fits: null, services: [] } });
  const rows = checkReport(system, await measured(context, system), { ...storeUnmeasured, kind: system.store.kind });
  const store = checkStore(system);
  const fits = rows.every((row) => row.fits);
  const addresses = addressFindings(system, await hostsHere(system, []).catch(() => []));
  if (options.flag('json'))
    context.terminal.print(JSON.stringify({ ok: true, fits, errors: [], services: rows, store, addresses }, null, 2));
  else {
    context.terminal.print(...screen(system, rows, store, context));
    for (const { code, what, next } of addresses)
      context.terminal.print(...wrapped(`On this machine: ${code} ${safe(what)}. ${next}`, context.terminal.columns()));
  }
  return fits ? 0 : 1;
};

/** A file that can't be read at all has no line to point at. */
function unread(error: Failure, file: string): object {
  const problem = { code: error.code, message: error.message, next: error.next, file, line: null, column: null };
  return { ok: false, fits: null, errors: [problem], services: [] };
}

/** What was measured here, when this system was ever started with this state; nothing when that can't be read. */
async function measured(context: Context, system: System): Promise<MeasuredByService> {
  const { storeFile: file, storePlaceFile } = systemLayout(context.state, system.name);
  if (!existsSync(file) && !existsSync(storePlaceFile)) return {};
  const made: Record<string, Record<string, InstanceHistory>> = {};
  try {
    const store = await context.world.openStore(file, false);
    try {
      for (const each of await store.history()) made[each.service] = { ...made[each.service], [each.host]: each };
    } finally {
      await store.close();
    }
  } catch {
    return {};
  }
  return made;
}

const heads: readonly Column[] = [
  { title: 'service' },
  { title: 'policy', optional: 9 },
  { title: 'd', alignRight: true, optional: 4 },
  { title: 's', alignRight: true, optional: 8 },
  { title: 'b', alignRight: true, optional: 6 },
  { title: 'i', alignRight: true, optional: 7 },
  { title: 'z', alignRight: true },
  { title: 'declared', alignRight: true, optional: 5 },
  { title: '' },
];

function screen(system: System, rows: readonly CheckRow[], store: StoreCheck | null, context: Context): string[] {
  const { terminal } = context;
  const width = terminal.columns();
  const misfits = rows.filter((row) => !row.fits);
  const externals = system.services.length - rows.length;
  const summary = `${system.name}: ${counted(rows.length, 'service')} on ${counted(system.hosts.length, 'host')}${externals > 0 ? `, ${externals} external` : ''}. What a recovery takes at worst: z = d + s + b + i.`;
  return [
    ...wrapped(summary, width),
    '',
    ...columns(
      heads,
      rows.map((row) => cells(row, context)),
      { width },
    ),
    '',
    ...wrapped(legend(rows), width).map((line) => terminal.paint('dim', line)),
    ...rows.flatMap((row) => adviceLines(row, width)),
    ...(store === null ? [] : ['', ...wrapped(`store: ${store.advice.map(safe).join(' ')}`, width)]),
    '',
    ...(misfits.length === 0
      ? wrapped('The description is valid, and every service can be back in time.', width).map((line) =>
          terminal.paint('good', line),
        )
      : wrapped(
          `The description is valid; ${misfits.map((row) => row.name).join(', ')} can't be back in time. up starts it all the same.`,
          width,
        ).map((line) => terminal.paint('bad', line))),
  ];
}

function cells(row: CheckRow, context: Context): string[] {
  const { sources, assumed } = row;
  return [
    safe(row.name),
    row.policy,
    figure(row.dMs, null, sources.d),
    figure(row.switchMs, assumed.switchMs, sources.s),
    figure(row.bMs, assumed.bMs, sources.b),
    figure(row.iMs, assumed.iMs, sources.i),
    `${durationText(row.zMs)} `,
    durationText(row.declaredZMs),
    row.fits ? context.terminal.paint('good', '✓ fits') : context.terminal.paint('bad', '✗ too long'),
  ];
}

function figure(ms: number | null, assumed: number | null, from: Origin): string {
  const shown = ms ?? assumed;
  return shown === null ? '– ' : `${durationText(shown)}${marks[from]}`;
}

const marks: Readonly<Record<Origin, string>> = { declared: ' ', measured: 'ᵐ', assumed: 'ᵃ', policy: 'ᵖ', none: ' ' };

function legend(rows: readonly CheckRow[]): string {
  const used = new Set(rows.flatMap((row) => Object.values(row.sources)));
  const parts = [
    'declared, or left for it',
    ...(used.has('measured') ? ['ᵐ measured'] : []),
    ...(used.has('assumed') ? ['ᵃ assumed until it is measured'] : []),
    ...(used.has('policy') ? ['ᵖ by its policy'] : []),
    ...(used.has('none') ? ['– stands in b'] : []),
  ];
  return parts.join('   ');
}

/** What a person may want to change: said where it does not fit, and where something will never be measured. */
function adviceLines(row: CheckRow, width: number): string[] {
  const lines = row.fits ? row.advice.filter((line) => !line.startsWith('b stands')) : row.advice;
  if (lines.length === 0) return [];
  const [first = '', ...rest] = wrapped(`${safe(row.name)}: ${lines.map(safe).join(' ')}`, width - 2);
  return ['', first, ...rest.map((line) => `  ${line}`)];
}
