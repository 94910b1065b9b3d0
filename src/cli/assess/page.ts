// One page that holds everything: no script, no font, no picture from elsewhere. It prints, and follows the reader's light or dark.
// Colour is never the only sign: every cell says its word, single points carry a mark and a thick border.

import type { Assessment } from '../../prove/assessment.ts';
import { yearMs } from '../../prove/prospect.ts';
import { durationWords, shareWords } from '../../prove/words.ts';
import type { Advice } from './advise.ts';
import { bar, escaped, table } from './html.ts';
import { topologyPicture } from './topology-picture.ts';
import { countWords, downtimeWords, gainWords, headline, objectiveWords, strategyWords } from './words.ts';

/** The page as one HTML text. */
export function assessmentPage(assessment: Assessment, advice: readonly Advice[]): string {
  const { system, prospect, warnings } = assessment;
  const verdict = `<p class="${prospect.met ? 'good' : 'bad'}"><b>${prospect.met ? '✓' : '✗'}</b> ${escaped(objectiveWords(assessment)[2] ?? '')}</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(system.name)}: what it survives</title><style>${style}</style></head><body>
<header><h1>${escaped(system.name)}</h1>${system.about === null ? '' : `<p>${escaped(system.about)}</p>`}</header>
<section class="lead"><p class="headline">${escaped(headline(assessment))}</p>${verdict}
${downtimeWords(assessment).map(paragraph).join('\n')}
${warnings.length === 0 ? '' : `<ul class="warn">${warnings.map((text) => `<li>▲ ${escaped(text)}</li>`).join('')}</ul>`}</section>
${section('What sits where', topologyPicture(assessment))}
${section('The objective', objectiveWords(assessment).slice(0, 2).map(paragraph).join('\n'))}
${section('What each fault is met with', gridTable(assessment))}
${section('What breaks it', cutSetTable(assessment))}
${section('What matters most', importanceTable(assessment))}
${assessment.pairs.length === 0 ? '' : section('Failing over', pairTable(assessment))}
${section('Services', serviceTable(assessment))}
${section('What would help, each tried', adviceTable(assessment, advice))}
${section('Whose figures these are', figureTable(assessment))}
</body></html>
`;
}

function section(title: string, inside: string): string {
  return `<section><h2>${escaped(title)}</h2>\n${inside}</section>`;
}

function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>`;
}

const mostRows = 200;

function gridTable({ grid }: Assessment): string {
  const domains = [...new Set(grid.map((cell) => cell.domain))];
  const rows = [...Map.groupBy(grid, (cell) => cell.component)].slice(0, mostRows).map(([component, cells]) => [
    `<th scope="row">${escaped(component)}</th>`,
    ...domains.map((domain) => {
      const cell = cells.find((each) => each.domain === domain);
      return cell === undefined
        ? '<td></td>'
        : `<td class="${cell.strategy}${cell.stale === true ? ' stale' : ''}"><b>${strategyWords(cell.strategy)}</b><br><small>${escaped(cell.evidence)}</small></td>`;
    }),
  ]);
  return table(['component', ...domains], rows);
}

function cutSetTable({ analysis: { cutSets, cutSetCount } }: Assessment): string {
  const most = cutSets[0]?.probability ?? 0;
  const count =
    cutSetCount === null
      ? 'More minimal cut sets than can be counted here; the likeliest:'
      : `${cutSetCount.toLocaleString('en')} minimal cut sets: parts whose failure together breaks it, none of them to spare. The likeliest:`;
  const rows = cutSets
    .slice(0, 50)
    .map(({ parts, probability }) => [
      `<td>${parts.map((part) => `<code>${escaped(part.name)}</code>`).join(' + ')}</td>`,
      `<td class="n">${parts.length}</td>`,
      `<td class="n">${shareWords(probability)}</td>`,
      `<td>${bar(most === 0 ? 0 : probability / most)}</td>`,
    ]);
  return cutSets.length === 0
    ? paragraph('Nothing.')
    : paragraph(count) + table(['these together', 'parts', 'share of time', ''], rows);
}

function importanceTable({ analysis: { contributions } }: Assessment): string {
  if (contributions.length === 0) return paragraph('Only bounds are known, so no part can be weighed.');
  const rows = contributions
    .slice(0, 40)
    .map(({ part, birnbaum, share }) => [
      `<td><code>${escaped(part.name)}</code></td>`,
      `<td class="n">${Number((share * 100).toPrecision(3))} %</td>`,
      `<td>${bar(share)}</td>`,
      `<td class="n">${durationWords(birnbaum * part.figure.unavailability * yearMs)}</td>`,
      `<td class="n">${shareWords(birnbaum)}</td>`,
    ]);
  return (
    paragraph(
      'The share of the downtime that would go if this part never failed (Fussell–Vesely), what that is a year, and what its failure alone changes (Birnbaum).',
    ) + table(['part', 'of the downtime', '', 'a year', 'Birnbaum'], rows)
  );
}

function pairTable({ pairs }: Assessment): string {
  const rows = pairs
    .slice(0, mostRows)
    .map((pair) => [
      `<th scope="row">${escaped(pair.service)}</th>`,
      `<td class="n">${countWords(pair.perYear)}</td>`,
      `<td class="n">${durationWords(pair.switchMs)}</td>`,
      `<td class="n">${durationWords(pair.shares.switching * yearMs)}</td>`,
      `<td class="n">${durationWords(pair.shares.bothBroken * yearMs)}</td>`,
      `<td class="n">${durationWords(pair.ifSomeFail.unavailability * yearMs)}</td>`,
    ]);
  return (
    paragraph(
      'Two instances as a Markov chain: what a year loses while switching, with both broken, and in all if one failover in twenty fails and waits for a person.',
    ) + table(['service', 'failovers a year', 'each takes', 'lost switching', 'both broken', 'if 1 in 20 fails'], rows)
  );
}

function serviceTable({ analysis: { services }, failovers }: Assessment): string {
  const count = (survives: number | null, known: boolean): string =>
    survives === null ? (known ? 'all' : '?') : String(survives);
  const rows = [...services]
    .toSorted(([, a], [, b]) => b.unavailability - a.unavailability)
    .slice(0, mostRows)
    .map(([name, verdict]) => {
      const share = Math.min(1, verdict.unavailability + (failovers.shareOfService.get(name) ?? 0));
      return [
        `<th scope="row">${escaped(name)}</th>`,
        `<td class="n">${count(verdict.survives, verdict.survivesKnown)}</td>`,
        `<td class="n">${count(verdict.survivesParts, verdict.exact)}</td>`,
        `<td class="n">${verdict.exact ? '' : '≤ '}${shareWords(share)}</td>`,
        `<td class="n">${durationWords(share * yearMs)}</td>`,
      ];
    });
  return table(['service', 'survives any', 'software and configuration aside', 'unavailable', 'a year'], rows);
}

function adviceTable(assessment: Assessment, advice: readonly Advice[]): string {
  if (advice.length === 0)
    return paragraph('Nothing that was tried helps, or nothing was tried because the figures are bounds.');
  const rows = advice.map(({ change, after, patch }) => [
    `<td><b>${escaped(change.what)}</b><br><small>Costs: ${escaped(change.cost)}</small></td>`,
    `<td>${escaped(gainWords(assessment, after))}</td>`,
    `<td class="n">${shareWords(assessment.prospect.unavailability)} → ${shareWords(after.prospect.unavailability)}</td>`,
    `<td><details><summary>patch</summary><pre>${escaped(patch)}</pre></details></td>`,
  ]);
  return table(['change', 'brings', 'unavailable', ''], rows);
}

function figureTable({ analysis: { structure } }: Assessment): string {
  const groups = Map.groupBy(
    structure.parts,
    ({ kind, figure }) => `${kind}|${figure.from}|${figure.source}|${figure.unavailability}`,
  );
  const rows = [...groups.values()].slice(0, mostRows).map((parts) => {
    const { kind, figure } = parts[0] ?? { kind: '', figure: null };
    const names = parts.map((part) => part.name);
    const shown = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
    return [
      `<td>${escaped(kind)}</td>`,
      `<td><code>${escaped(shown)}</code></td>`,
      `<td class="n">${figure === null ? '' : shareWords(figure.unavailability)}</td>`,
      `<td>${escaped(figure?.from ?? '')}</td>`,
      `<td><small>${escaped(figure?.source ?? '')}</small></td>`,
    ];
  });
  return table(['kind', 'parts', 'unavailable', 'figure', 'source'], rows);
}

const style = `
:root{color-scheme:light dark;--ink:#1a1d21;--paper:#fff;--soft:#f2f4f6;--line:#c9ced4;--good:#0b6b3a;--goodbg:#e3f4ea;--wait:#7a4b00;--waitbg:#fff1d6;--bad:#a3161b;--badbg:#fde6e6;--bar:#4a6fa5}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8ea;--paper:#15181b;--soft:#1f2428;--line:#3c444c;--good:#6fd39c;--goodbg:#12301f;--wait:#f0bd62;--waitbg:#352708;--bad:#ff9a97;--badbg:#3b1516;--bar:#7fa3d8}}
*{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0;font-size:1.8rem}h2{margin:2rem 0 .5rem;font-size:1.2rem;border-bottom:1px solid var(--line)}p{margin:.4rem 0;max-width:60rem}.headline{font-size:1.25rem;font-weight:600}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{padding:.3rem .5rem;border:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}thead th{background:var(--soft)}.n{text-align:right;white-space:nowrap}
.wide{overflow-x:auto}code{font-size:.95em}pre{margin:.3rem 0;padding:.5rem;background:var(--soft);font-size:.8rem;white-space:pre-wrap}
.good,.avoid b,.mask b{color:var(--good)}.avoid,.mask{background:var(--goodbg)}.bound{background:var(--waitbg)}.bound b,.warn{color:var(--wait)}.bad,.fixFast b,.none b{color:var(--bad)}.fixFast,.none{background:var(--badbg)}
.stale{opacity:.55}.bar{display:block;height:.8rem;min-width:1px;background:var(--bar)}svg{max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:var(--ink)}svg rect{fill:var(--soft);stroke:var(--line)}svg .single{stroke:var(--bad);stroke-width:3}svg .what{font-size:11px;opacity:.75}svg path{stroke:var(--line);fill:none}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:10pt}section{break-inside:auto}tr,svg{break-inside:avoid}details{display:block}thead{display:table-header-group}}
`;
