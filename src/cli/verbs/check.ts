// `check`: all that is wrong with a description; or, when nothing is, whether each service can be back in time.

import type { RunService, System } from '../../model/system.ts';
import { timingsOf } from '../../model/timings.ts';
import type { Figure, Origin, Timings } from '../../model/timings.ts';
import { columns } from '../columns.ts';
import type { Column } from '../columns.ts';
import type { Context } from '../context.ts';
import { readPath } from '../description.ts';
import { problemCount, problemLines } from '../screens/problems.ts';
import { safe, wrapped } from '../text.ts';
import { durationText } from '../times.ts';
import type { Run } from '../verb.ts';

export const check: Run = async (context, words, options) => {
  const read = await readPath(words[0] ?? '.');
  const { system, problems } = read;
  if (system === null || problems.length > 0) {
    if (options.flag('json')) {
      const errors = problems.map(({ code, message, next, file, line, column }) => ({
        code,
        message,
        next,
        file,
        line,
        column,
      }));
      context.terminal.print(JSON.stringify({ ok: false, fits: null, errors, services: [] }, null, 2));
    } else context.terminal.print(...problemLines(problems, context.terminal), problemCount(problems));
    return 2;
  }
  const rows = timed(system);
  const fits = rows.every((row) => row.timings.fits);
  if (options.flag('json')) {
    context.terminal.print(JSON.stringify({ ok: true, fits, errors: [], services: rows.map(asJson) }, null, 2));
  } else context.terminal.print(...screen(system, rows, context));
  return fits ? 0 : 1;
};

interface Row {
  readonly service: RunService;
  readonly timings: Timings;
}

function timed(system: System): readonly Row[] {
  return system.services.flatMap((service) =>
    service.kind === 'run' ? [{ service, timings: timingsOf(service) }] : [],
  );
}

function asJson({ service, timings }: Row): object {
  const { d, dFrom, s, b, i, z, declaredZ, fits } = timings;
  return {
    name: service.name,
    policy: service.policy,
    dMs: d,
    switchMs: s.ms ?? s.counted,
    bMs: b.ms ?? b.counted,
    iMs: i.from === 'none' ? null : (i.ms ?? i.counted),
    zMs: z,
    declaredZMs: declaredZ,
    fits,
    from: { d: dFrom, s: s.from, b: b.from, i: i.from },
  };
}

const heads: readonly Column[] = [
  { title: 'service' },
  { title: 'policy', optional: 2 },
  { title: 'd', alignRight: true },
  { title: 's', alignRight: true },
  { title: 'b', alignRight: true },
  { title: 'i', alignRight: true },
  { title: 'z', alignRight: true },
  { title: 'declared', alignRight: true },
  { title: '' },
];

function screen(system: System, rows: readonly Row[], context: Context): string[] {
  const { terminal } = context;
  const misfits = rows.filter((row) => !row.timings.fits);
  const externals = system.services.length - rows.length;
  const table = rows.map(({ service, timings }) => [
    safe(service.name),
    service.policy,
    `${durationText(timings.d)}${mark(timings.dFrom)}`,
    figureText(timings.s),
    figureText(timings.b),
    figureText(timings.i),
    durationText(timings.z),
    durationText(timings.declaredZ),
    timings.fits ? terminal.paint('good', '✓ fits') : terminal.paint('bad', '✗ too long'),
  ]);
  const summary = `${system.name}: ${rows.length} services on ${system.hosts.length} hosts${externals > 0 ? `, ${externals} external` : ''}. z = d + s + b + i, what a recovery takes at worst.`;
  return [
    ...wrapped(summary, terminal.columns()),
    '',
    ...columns(heads, table, { width: terminal.columns() }),
    ...wrapped(
      'm measured  a assumed  p by its policy  – stands in b; without a mark: declared, or what is left for it',
      terminal.columns(),
    ).map((line) => terminal.paint('dim', line)),
    '',
    ...(misfits.length === 0
      ? [terminal.paint('good', 'The description is valid, and every service can be back in time.')]
      : [
          ...misfits.flatMap((row) => wrapped(misfitText(row), terminal.columns())),
          `The description is valid; ${misfits.length} of ${rows.length} services can't be back in time. up starts it all the same.`,
        ]),
  ];
}

function misfitText({ service, timings }: Row): string {
  const { d, s, b, i, z, declaredZ } = timings;
  return `${safe(service.name)} can't be back within ${durationText(declaredZ)}: d ${d} + s ${s.counted} + b ${b.counted} + i ${i.counted} = ${durationText(z)}. Allow recoverWithin: ${z}ms.`;
}

function figureText(figure: Figure): string {
  return figure.from === 'none' ? '–' : `${durationText(figure.counted)}${mark(figure.from)}`;
}

function mark(origin: Origin): string {
  switch (origin) {
    case 'declared':
      return ' ';
    case 'measured':
      return ' m';
    case 'assumed':
      return ' a';
    case 'policy':
      return ' p';
    case 'none':
      return '';
    default:
      return origin satisfies never;
  }
}
