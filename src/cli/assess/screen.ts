// An assessment on the terminal, whole: what breaks it, what matters, the objective, the grid, what would help, whose figures.

import type { Assessment } from '../../prove/assessment.ts';
import type { GridCell } from '../../prove/grid.ts';
import { durationWords, shareWords } from '../../prove/words.ts';
import { yearMs } from '../../prove/prospect.ts';
import type { Column } from '../columns.ts';
import { columns } from '../columns.ts';
import type { Style, Terminal } from '../terminal.ts';
import { safe, wrapped } from '../text.ts';
import type { Advice } from './advise.ts';
import { countWords, downtimeWords, gainWords, headline, objectiveWords, strategyWords } from './words.ts';

const widest = 120;

/** All lines of an assessment, the headline first. */
export function assessmentLines(assessment: Assessment, advice: readonly Advice[], terminal: Terminal): string[] {
  const width = Math.min(terminal.columns(), widest);
  const say = (text: string, style?: Style): string[] =>
    wrapped(safe(text), width).map((line) => (style === undefined ? line : terminal.paint(style, line)));
  const title = (text: string): string[] => ['', terminal.paint('bold', text)];
  const { prospect, warnings } = assessment;
  const [rule = '', chances = '', verdict = ''] = objectiveWords(assessment);
  return [
    ...say(headline(assessment), 'bold'),
    ...downtimeWords(assessment).flatMap((text) => say(text)),
    ...title('The objective'),
    ...say(rule),
    ...say(chances),
    ...say(verdict, prospect.met ? 'good' : 'bad'),
    ...title(cutSetTitle(assessment)),
    ...cutSetTable(assessment, width),
    ...(assessment.analysis.contributions.length === 0
      ? []
      : [...title('What matters most'), ...importanceTable(assessment, width)]),
    ...(assessment.pairs.length === 0 ? [] : [...title('Failing over'), ...pairTable(assessment, width)]),
    ...title('Services'),
    ...serviceTable(assessment, width),
    ...title('What each fault is met with'),
    ...gridTable(assessment.grid, width, terminal),
    ...title('What would help, each tried'),
    ...adviceLines(assessment, advice, width, terminal),
    ...title('Whose figures these are'),
    ...figureLines(assessment, width),
    ...(warnings.length === 0 ? [] : [...title('Look at this'), ...warnings.flatMap((text) => say(text, 'wait'))]),
  ];
}

const mostRows = 12;

function cutSetTitle({ analysis: { cutSetCount, cutSets } }: Assessment): string {
  if (cutSetCount === null) return `What breaks it: the likeliest of more than ${cutSets.length} minimal cut sets`;
  return cutSetCount === 1n
    ? 'What breaks it: 1 minimal cut set'
    : `What breaks it: ${cutSetCount.toLocaleString('en')} minimal cut sets, the likeliest first`;
}

function cutSetTable({ analysis: { cutSets } }: Assessment, width: number): string[] {
  if (cutSets.length === 0) return ['nothing'];
  const heads: Column[] = [
    { title: 'share of time', alignRight: true },
    { title: 'these together', wraps: true },
  ];
  const rows = cutSets
    .slice(0, mostRows)
    .map(({ parts, probability }) => [shareWords(probability), parts.map((part) => safe(part.name)).join(' + ')]);
  return [...columns(heads, rows, { width }), ...more(cutSets.length - mostRows)];
}

function importanceTable({ analysis: { contributions } }: Assessment, width: number): string[] {
  const heads: Column[] = [
    { title: 'part', wraps: true },
    { title: 'of the downtime', alignRight: true },
    { title: 'a year', alignRight: true },
    { title: 'Birnbaum', alignRight: true, optional: 2 },
    { title: 'its own', alignRight: true, optional: 3 },
    { title: 'figure', optional: 4 },
  ];
  const rows = contributions
    .slice(0, mostRows)
    .map(({ part, birnbaum, share }) => [
      safe(part.name),
      `${(share * 100).toPrecision(3)} %`,
      durationWords(birnbaum * part.figure.unavailability * yearMs),
      shareWords(birnbaum),
      shareWords(part.figure.unavailability),
      part.figure.from,
    ]);
  return [...columns(heads, rows, { width }), ...more(contributions.length - mostRows)];
}

function pairTable({ pairs }: Assessment, width: number): string[] {
  const heads: Column[] = [
    { title: 'service', wraps: true },
    { title: 'a year', alignRight: true },
    { title: 'each', alignRight: true },
    { title: 'lost switching', alignRight: true },
    { title: 'both broken', alignRight: true },
    { title: 'if 1 in 20 fails', alignRight: true, optional: 2 },
  ];
  const rows = pairs
    .slice(0, 40)
    .map((pair) => [
      safe(pair.service),
      countWords(pair.perYear),
      durationWords(pair.switchMs),
      durationWords(pair.shares.switching * yearMs),
      durationWords(pair.shares.bothBroken * yearMs),
      durationWords(pair.ifSomeFail.unavailability * yearMs),
    ]);
  return [...columns(heads, rows, { width }), ...more(pairs.length - 40)];
}

function serviceTable({ analysis: { services }, failovers }: Assessment, width: number): string[] {
  const heads: Column[] = [
    { title: 'service', wraps: true },
    { title: 'survives any', alignRight: true },
    { title: 'besides software', alignRight: true, optional: 3 },
    { title: 'unavailable', alignRight: true },
    { title: 'a year', alignRight: true },
  ];
  const rows = [...services]
    .toSorted(([, a], [, b]) => b.unavailability - a.unavailability)
    .slice(0, 40)
    .map(([name, verdict]) => {
      const share = Math.min(1, verdict.unavailability + (failovers.shareOfService.get(name) ?? 0));
      const count = (survives: number | null, known: boolean): string =>
        survives === null ? (known ? 'all' : '?') : String(survives);
      return [
        safe(name),
        count(verdict.survives, verdict.survivesKnown),
        count(verdict.survivesParts, verdict.exact),
        `${verdict.exact ? '' : '≤ '}${shareWords(share)}`,
        durationWords(share * yearMs),
      ];
    });
  return [...columns(heads, rows, { width }), ...more(services.size - 40)];
}

const styles: Readonly<Record<GridCell['strategy'], Style>> = {
  avoid: 'good',
  mask: 'good',
  bound: 'wait',
  fixFast: 'bad',
  none: 'bad',
};
const mostGridRows = 60;

function gridTable(grid: readonly GridCell[], width: number, terminal: Terminal): string[] {
  const domains = [...new Set(grid.map((cell) => cell.domain))];
  const byComponent = Map.groupBy(grid, (cell) => cell.component);
  const shown = [...byComponent]
    .filter(([component]) => !component.startsWith('agent:') && !component.startsWith('mode:'))
    .slice(0, mostGridRows);
  const modes = Map.groupBy(
    grid.filter((cell) => cell.component.startsWith('mode:')),
    (cell) => cell.strategy,
  );
  const modeWords = [...modes].map(([strategy, cells]) => `${cells.length} ${strategyWords(strategy)}`).join(', ');
  const heads: Column[] = [{ title: '', wraps: true }, ...domains.map((domain) => ({ title: safe(domain) }))];
  const rows = shown.map(([component, cells]) => [
    safe(component),
    ...domains.map((domain) => {
      const cell = cells.find((each) => each.domain === domain);
      return cell === undefined ? '' : terminal.paint(styles[cell.strategy], strategyWords(cell.strategy));
    }),
  ]);
  const reasons = shown
    .flatMap(([, cells]) => cells)
    .filter((cell) => cell.strategy !== 'mask' && cell.strategy !== 'avoid');
  const grouped = Map.groupBy(reasons, (cell) => `${cell.component} ${strategyWords(cell.strategy)}: ${cell.evidence}`);
  const lines = [...grouped.values()].flatMap((cells) => {
    const first = cells[0];
    if (first === undefined) return [];
    const text = `${first.component} × ${cells.map((cell) => cell.domain).join(', ')}: ${first.evidence}`;
    const [head = '', ...rest] = wrapped(safe(text), width - 2);
    return [`- ${head}`, ...rest.map((line) => `  ${line}`)];
  });
  return [
    ...columns(heads, rows, { width }),
    ...more(byComponent.size - shown.length, 'agents, failure modes and others: --json'),
    ...(modeWords === '' ? [] : wrapped(`Failure modes of the catalogue: ${modeWords}.`, width)),
    '',
    ...lines.slice(0, 80),
    ...more(lines.length - 80),
  ];
}

function adviceLines(assessment: Assessment, advice: readonly Advice[], width: number, terminal: Terminal): string[] {
  if (advice.length === 0)
    return wrapped(
      assessment.analysis.whole.exact
        ? 'Nothing that was tried helps (more hosts, another policy, a second of what is shared; little is tried of a large system).'
        : 'Nothing was tried, because the figures are bounds.',
      width,
    );
  const lines = advice.flatMap(({ change, after, patch }, index) => {
    const text = `${index + 1}. ${change.what}: ${gainWords(assessment, after)}. Costs: ${change.cost}.`;
    const [head = '', ...rest] = wrapped(safe(text), width);
    return [
      head,
      ...rest.map((line) => `   ${line}`),
      ...patch
        .trimEnd()
        .split('\n')
        .map((line) => terminal.paint('dim', safe(line))),
    ];
  });
  return [
    ...lines,
    ...wrapped('To apply one: the same command with --patch N, piped into git apply or patch -p1.', width),
  ];
}

function figureLines({ analysis: { structure } }: Assessment, width: number): string[] {
  if (structure.parts.length === 0) return ['No part has a figure that counts.'];
  const groups = Map.groupBy(structure.parts, ({ kind, figure }) =>
    figure.from === 'assumed' ? `assumed of ${kind}s: ${figure.source}` : figure.from,
  );
  return [...groups].flatMap(([source, parts]) => {
    const shares = parts.map((part) => part.figure.unavailability);
    const [least, most] = [Math.min(...shares), Math.max(...shares)];
    const share = least === most ? shareWords(least) : `${shareWords(least)} to ${shareWords(most)}`;
    const [head = '', ...rest] = wrapped(safe(`${parts.length} ${source} (${share})`), width - 2);
    return [`- ${head}`, ...rest.map((line) => `  ${line}`)];
  });
}

function more(count: number, where = '--json'): string[] {
  return count > 0 ? [`… and ${count} more (${where})`] : [];
}
