// How an assessment is put into words; the terminal and the page say the same.

import { counted } from '../../model/amount-words.ts';
import type { Assessment } from '../../prove/assessment.ts';
import { assumedFactor } from '../../prove/analysis.ts';
import type { Strategy } from '../../prove/grid.ts';
import { gainOf } from './advise.ts';
import { durationWords, listWords, shareWords } from '../../prove/words.ts';

/** A chance as people read one: `3 in 1000`, `less than 1 in a million`. */
function chanceWords(chance: number): string {
  if (chance <= 0) return 'none';
  if (chance < 1e-6) return 'less than 1 in a million';
  if (chance > 0.995) return 'all but certain';
  if (chance >= 0.1) return `${Math.round(chance * 100)} %`;
  const one = 1 / chance;
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(one)) - 1);
  return `1 in ${(Math.round(one / digits) * digits).toLocaleString('en')}`;
}

/** The main thing first. */
export function headline({ system, analysis, stated }: Assessment): string {
  const { survives, survivesKnown, survivesParts, exact } = analysis.whole;
  const of = stated ? ' Only stated figures count.' : '';
  if (survives === null && survivesKnown) return `${system.name}: nothing that is counted here can fail it.${of}`;
  if (survives === null) return `${system.name}: how many failures it survives is out of reach.${of}`;
  const known = exact ? '' : ' (the figures are bounds: exact ones are out of reach)';
  const first =
    survives === 0
      ? `${system.name} does not survive every single failure`
      : `${system.name} survives any ${failures(survives)} at once`;
  const besides =
    survivesParts !== null && survivesParts > survives
      ? `; faults of software and configuration left aside, it survives any ${failures(survivesParts)} at once`
      : survivesParts === null && exact
        ? '; only faults of software and configuration can fail it'
        : '';
  return `${first}${besides}${known}.${of}`;
}

function failures(count: number): string {
  return count === 1 ? 'single failure' : `${count} failures`;
}

/** The downtime of a year, as a range; never a bare number of nines. */
export function downtimeWords({ prospect, analysis, stated }: Assessment): string[] {
  const [from, to] = prospect.yearlyRangeMs;
  const range =
    prospect.perYear > 0
      ? `; in nine years of ten between ${durationWords(from)} and ${durationWords(to)}`
      : ' (no part states a rate, so there is no range)';
  const [low, high] = analysis.whole.interval;
  const bounds = low < high ? ` It is between ${apartWords(low, high)}; the upper end is counted.` : '';
  const wrong = analysis.ifAssumedWrong;
  return [
    `Unavailable ${shareWords(prospect.unavailability)} of the time, ${durationWords(prospect.yearlyMs)} a year on average${range}.${stated ? bounds : ''}`,
    ...(stated
      ? []
      : [
          `Of it ${shareWords(prospect.failovers)} while failing over (${countWords(prospect.failoversPerYear)} a year), ${shareWords(prospect.structural)} with nothing left to take over.${bounds.replace('It', 'The latter')}`,
        ]),
    ...(prospect.withoutRate > 0 && prospect.perYear > 0
      ? [
          `${shareWords(prospect.withoutRate)} comes from parts without a rate (unavailability: alone): in the average, not in the range or the chances.`,
        ]
      : []),
    ...(wrong === null
      ? []
      : [
          `If every assumed figure is wrong by a factor of ${assumedFactor}: ${shareWords(wrong[0])} to ${shareWords(wrong[1])}, failovers aside.`,
        ]),
  ];
}

/** Both ends of a range, with as many digits as it takes to tell them apart. */
function apartWords(low: number, high: number): string {
  let digits = 3;
  while (digits < 17 && low.toPrecision(digits) === high.toPrecision(digits)) digits += 1;
  return [low, high].map((end) => (end === 0 ? '0' : end.toPrecision(digits))).join(' and ');
}

/** `about 12`, `0.3`. */
export function countWords(count: number): string {
  return count >= 10 ? `about ${Math.round(count)}` : String(Number(count.toPrecision(2)));
}

/** x, y, z and what they come to. */
export function objectiveWords({ system, prospect }: Assessment): string[] {
  const { unavailable: x, per: y, recoverWithin: z } = system.objective;
  const [least, most] = prospect.missInYear;
  return [
    `Not more than x = ${durationWords(x)} in any y = ${durationWords(y)}, back within z = ${durationWords(z)}: the budget bears ε = x/z = ${Number(prospect.epsilon.toFixed(2))} recoveries in any y.`,
    `Outages and failovers: ${countWords(prospect.perYear)} a year. More than ε in one y: ${chanceWords(prospect.moreThanEpsilon)}. More than x lost in one y: ${chanceWords(prospect.moreThanX)}; in some y of a year: ${chanceWords(least) === chanceWords(most) ? chanceWords(most) : `between ${chanceWords(least)} and ${chanceWords(most)}`}.`,
    prospect.met ? 'The objective is met.' : `The objective is missed: ${listWords(prospect.missed)}.`,
  ];
}

/** What a change brings, for example `survives any 1 instead of 0 besides software; 63 % less downtime`. */
export function gainWords(before: Assessment, after: Assessment): string {
  const { survives, saved, emptied } = gainOf(before, after);
  const was = before.analysis.whole.survivesParts;
  const now = after.analysis.whole.survivesParts;
  return [
    ...(survives === 0 ? [] : [`survives any ${now ?? 'number'} instead of ${was ?? 'any number'} besides software`]),
    ...(saved > 0
      ? [`${Number((saved * 100).toPrecision(2))} % less downtime (${durationWords(after.prospect.yearlyMs)} a year)`]
      : []),
    ...(emptied > 0 ? [`${counted(emptied, 'cell')} of the grid better met`] : []),
  ].join('; ');
}

/** A cell in one word. */
export function strategyWords(strategy: Strategy): string {
  switch (strategy) {
    case 'avoid':
      return 'avoid';
    case 'mask':
      return 'mask';
    case 'bound':
      return 'bound';
    case 'fixFast':
      return 'fix fast';
    case 'none':
      return 'nothing';
    default:
      return strategy satisfies never;
  }
}
