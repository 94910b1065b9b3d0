// A simulation on the terminal, whole: how often and how long nobody was served, what missed the objective, which rules acted.

import type { Simulation } from '../../prove/simulate/simulation.ts';
import { bandsOf, causesOf, ruleNamed } from '../../prove/simulate/summary.ts';
import { yearMs } from '../../prove/prospect.ts';
import { durationWords, shareWords } from '../../prove/words.ts';
import { counted } from '../../model/amount-words.ts';
import type { System } from '../../model/system.ts';
import type { Column } from '../columns.ts';
import { columns } from '../columns.ts';
import type { Style, Terminal } from '../terminal.ts';
import { safe, wrapped } from '../text.ts';

const widest = 120;
const mostCauses = 12;

/** All lines; `again`: the command that repeats it. */
export function simulationLines(system: System, simulation: Simulation, again: string, terminal: Terminal): string[] {
  const width = Math.min(terminal.columns(), widest);
  const say = (text: string, style?: Style): string[] =>
    wrapped(safe(text), width).map((line) => (style === undefined ? line : terminal.paint(style, line)));
  const table = (heads: readonly Column[], rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : columns(heads, rows, { width, indent: 2 });
  const title = (text: string): string[] => ['', terminal.paint('bold', text)];
  const {
    years,
    faults,
    failovers,
    unavailabilityMean: mean,
    unavailabilityInterval: interval,
    overlaps,
    outages,
    budgetMisses,
  } = simulation;
  const { unavailable, per, recoverWithin } = system.objective;
  const perYear = (count: number): string => Number((count / simulation.yearsDone).toPrecision(3)).toString();
  return [
    ...say(
      `${system.name} over ${counted(years, 'year')}: unavailable ${shareWords(mean)} of the time, ${durationWords(mean * yearMs)} a year.`,
      'bold',
    ),
    ...(simulation.yearsDone < years * 0.999
      ? say(
          `Only ${Number(simulation.yearsDone.toPrecision(3))} years were lived through: the system hardly ever comes to rest. See which rules acted.`,
          'bad',
        )
      : []),
    ...say(
      `With 95 % confidence between ${shareWords(interval[0])} and ${shareWords(interval[1])}. ${counted(faults, 'fault')}, ${counted(failovers, 'recovery')}, ${counted(outages.length, 'outage')}, ${perYear(outages.length)} outages a year.`,
    ),
    ...say(
      overlaps === 0
        ? 'Never two active where one may be.'
        : `${counted(overlaps, 'time')} two were active where one may be: this is a fault of Standfast.`,
      overlaps === 0 ? 'good' : 'bad',
    ),
    ...title('The objective'),
    ...say(
      `Not more than ${durationWords(unavailable)} in any ${durationWords(per)}, back within ${durationWords(recoverWithin)}.`,
    ),
    ...say(
      budgetMisses.length === 0
        ? 'It was never missed.'
        : `Missed ${counted(budgetMisses.length, 'time')}, ${perYear(budgetMisses.length)} a year; ${counted(simulation.longerThanZ, 'outage')} lasted longer than ${durationWords(recoverWithin)}.`,
      budgetMisses.length === 0 ? 'good' : 'bad',
    ),
    ...(budgetMisses.length === 0 ? [] : causeTable(causesOf(budgetMisses), 'missed because of', table)),
    ...(outages.length === 0
      ? []
      : [
          ...title('Outages by their length'),
          ...table(
            [
              { title: 'up to' },
              { title: 'outages', alignRight: true },
              { title: 'a year', alignRight: true },
              { title: 'lost' },
            ],
            bandRows(simulation, perYear),
          ),
        ]),
    ...(outages.length === 0 ? [] : [...title('What brought them'), ...causeTable(causesOf(outages), 'part', table)]),
    ...title('Services'),
    ...table(
      [
        { title: 'service' },
        { title: 'unavailable' },
        { title: 'outages', alignRight: true },
        { title: 'the longest' },
      ],
      simulation.services.map((each) => [
        each.name,
        shareWords(each.unavailability),
        String(each.outages),
        each.outages === 0 ? '' : durationWords(each.longestMs),
      ]),
    ),
    ...title('Rules that acted'),
    ...table(
      [{ title: 'rule', alignRight: true }, { title: 'name' }, { title: 'times', alignRight: true }],
      [...simulation.rulesFired]
        .filter(([rule]) => !ruleNamed(rule).quiet)
        .map(([rule, times]) => [String(rule), ruleNamed(rule).name, String(times)]),
    ),
    '',
    ...say(`Software and configuration faults are drawn as what no restart mends. Again, to the byte: ${again}`, 'dim'),
  ];
}

function causeTable(
  causes: readonly (readonly [string, number])[],
  head: string,
  table: (heads: readonly Column[], rows: readonly (readonly string[])[]) => string[],
): string[] {
  const shown = causes.slice(0, mostCauses).map(([cause, times]) => [cause, String(times)]);
  const rest = causes.slice(mostCauses);
  const others =
    rest.length === 0 ? [] : [[`${rest.length} more`, String(rest.reduce((all, [, times]) => all + times, 0))]];
  return table([{ title: head }, { title: 'times', alignRight: true }], [...shown, ...others]);
}

function bandRows({ outages }: Simulation, perYear: (count: number) => string): string[][] {
  return bandsOf(outages)
    .filter((band) => band.count > 0)
    .map(({ upToMs, count: times, lostMs }) => [
      upToMs === Infinity ? 'longer' : durationWords(upToMs),
      String(times),
      perYear(times),
      durationWords(lostMs),
    ]);
}
