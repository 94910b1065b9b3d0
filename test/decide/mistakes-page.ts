// docs/mistakes.md: a table of all planted mistakes, what each changes and what shows it, then the shrunk storms. What a run found is where the next one looks first.

import type { Found } from './find.ts';
import type { Edit, Mistake } from './planted.ts';

/** Longer traces are cut in the middle. */
const mostLines = 24;

const head = `# Planted mistakes, and what finds each

Written by \`npm run mistakes\`: each mistake is made in a copy of the core, storms are let loose on it from seed 1 on, and the first that breaks something is
shrunk to the few lines that still break it. A later run begins with the storm that stands here, so it names another one only when that shows the mistake no
more. \`test/decide/planted.test.ts\` asks the same of every mistake, without shrinking. Some are guarded twice in the core; then every guard is taken
away. [Why each step matters](safety.md).
`;

/** The page. */
export function pageOf(found: readonly (readonly [Mistake, Found])[]): string {
  const rows = found.map(
    ([{ name, edits }, one]) =>
      `| [${name}](#${anchorOf(name)}) | ${patchOf(edits)} | ${one.seed} | ${invariantOf(one.found)} |`,
  );
  const table = ['| mistake | what is changed | storm | what is broken |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
  return `${head}\n${table}\n\n${found.map(([mistake, one]) => sectionOf(mistake, one)).join('\n')}`;
}

/** One mistake with its shrunk storm: above the line of dashes what befalls the hosts, below it what the broken core decides, last what the referee says. */
export function sectionOf({ name }: Mistake, one: Found): string {
  const bare = one.lines.map((line) => line.trimEnd());
  const shown =
    bare.length <= mostLines
      ? bare
      : [...bare.slice(0, 6), `          … ${bare.length - mostLines} lines …`, ...bare.slice(6 - mostLines)];
  return `## ${name}\n\nFound by storm ${one.seed}.\n\n\`\`\`\n${one.text}\n---\n${shown.join('\n')}\n--- ${one.found}\n\`\`\`\n`;
}

/** By name: the storm that showed it last. */
export function rememberedIn(page: string): ReadonlyMap<string, number> {
  return new Map(
    [...page.matchAll(/^\| \[(.+?)\]\(#.*\| (\d+) \| .* \|$/gm)].map(([, name, seed]) => [name ?? '', Number(seed)]),
  );
}

/** The names of the table and of the sections, in order. */
export function namesIn(page: string): { readonly table: readonly string[]; readonly sections: readonly string[] } {
  return {
    table: [...rememberedIn(page).keys()],
    sections: [...page.matchAll(/^## (.+)$/gm)].map(([, name]) => name ?? ''),
  };
}

/** As GitHub makes it from a heading. */
function anchorOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}

/** The first change, without what is the same before and after it. */
function patchOf(edits: readonly Edit[]): string {
  const [first] = edits;
  if (first === undefined) return '';
  const from = first.from.trim().split(/\s+/);
  const to = first.to.trim().split(/\s+/);
  let same = 0;
  while (same < from.length && same < to.length && from[same] === to[same]) same += 1;
  let last = 0;
  while (last < from.length - same && last < to.length - same && from.at(-1 - last) === to.at(-1 - last)) last += 1;
  const before = from.slice(Math.max(0, same - 1), from.length - last);
  const after = to.slice(Math.max(0, same - 1), to.length - last);
  const more = edits.length === 1 ? '' : `, and ${edits.length - 1} more`;
  return `${quoted(before)} → ${after.join('') === '' ? 'nothing' : quoted(after)}${more}`;
}

function quoted(words: readonly string[]): string {
  const text = words.join(' ');
  return `\`${(text.length > 90 ? `${text.slice(0, 88)}…` : text).replaceAll('|', '\\|')}\``;
}

/** Which of the referee's invariants that is. */
function invariantOf(found: string): string {
  return (
    invariants.find(([words]) => words.test(found))?.[1] ?? found.replace(/^at [\d.]+ ms: /, '').replaceAll('|', '\\|')
  );
}

const invariants: readonly (readonly [RegExp, string])[] = [
  [/two of \S+ may be active/, 'never two active'],
  [/two answer for the address/, 'one answers for an address'],
  [/when its session is deposed/, 'nothing is active whose session is deposed'],
  [/when its lease is released/, 'nothing is active whose lease is released'],
  [/when its lease is taken/, 'nothing is active whose lease is taken'],
  [/without (a )?deadline|no deadline|deadline that is past/, 'nothing is active without a deadline'],
  [/did not grow|was released at term/, 'terms grow'],
  [
    /was made active .* after|the store has only|under no term|again under term/,
    'each activation under a term of its own',
  ],
  [/whose session lives/, 'nobody takes from a living session'],
  [/came back by renewing|the epoch of/, 'epochs only grow, and the dead stay dead'],
  [/which is on/, 'no take-over before the fencing is confirmed'],
  [/wakes itself/, 'no agent runs in circles'],
];
