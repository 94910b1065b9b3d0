// The world of the storms over a copy of the core in which a mistake is made. The copy is one of modules in memory: each import from here carries a mark,
// which its own imports inherit, and the text of a marked file of the core is changed before it is compiled. What no mistake touches is shared.

import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { firstSeed, told } from './find.ts';
import { withEdit, type Mistake } from './planted.ts';

/** What find.ts offers. */
export interface Finding {
  readonly firstSeed: typeof firstSeed;
  readonly told: typeof told;
}

const core = new URL('../../src/decide/', import.meta.url).href;
const world = new URL('./', import.meta.url).href;

/** By mark: the changed texts of the core, by address. */
const changed = new Map<string, ReadonlyMap<string, string>>();

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const mark = markOf(context.parentURL ?? '');
    const isCopied = resolved.url.startsWith(core) || resolved.url.startsWith(world);
    return mark === null || !isCopied || markOf(resolved.url) !== null
      ? resolved
      : { ...resolved, url: `${resolved.url}?mistake=${mark}` };
  },
  load(url, context, next) {
    const mark = markOf(url);
    const text = mark === null ? undefined : changed.get(mark)?.get(url.replace(/\?.*$/, ''));
    const loaded = next(url, context);
    return text === undefined ? loaded : { ...loaded, source: text };
  },
});

/** What looks for it, over a core with that mistake. Throws when the text that it changes is not in one place. */
export async function withMistake(mistake: Mistake): Promise<Finding> {
  const mark = String(changed.size + 1);
  changed.set(mark, changedTexts(mistake));
  return (await import(`./find.ts?mistake=${mark}`)) as Finding;
}

/** The texts of the core with the mistake made, by address. Throws when there is not one place for it. */
export function changedTexts({ name, edits }: Mistake): ReadonlyMap<string, string> {
  let files: ReadonlyMap<string, string> = coreTexts();
  for (const edit of edits) {
    const next = withEdit(files, edit);
    if (next === null) throw new Error(`"${name}": there is not one place for "${edit.from}"`);
    files = next;
  }
  return files;
}

/** The files of the core by address. */
function coreTexts(): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(new URL(core)).map((file) => [`${core}${file}`, readFileSync(new URL(file, core), 'utf8')]),
  );
}

function markOf(url: string): string | null {
  return /\?mistake=(\d+)$/.exec(url)?.[1] ?? null;
}
