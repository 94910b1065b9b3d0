// Files of properties: `name=value` or `name: value`, perhaps behind `export`, `#` or `!` for comments, a backslash at the end for a longer line
// (most of the format of java.util.Properties), and what else writes settings line by line.

/** Of fewer signs a value is found in words that mean something else. */
const shortest = 3;

/** Only comments (lines that begin with `#`, `;`, `!` or `//`) and blank lines differ. Null: not known, and then not the same. */
export function isSameButForComments(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && withoutComments(one) === withoutComments(other);
}

/** What counts of it. A first line that begins with `#!` names a program: it is none. */
export function withoutComments(text: string): string {
  return text
    .split(/\r?\n/)
    .filter((line, n) => !/^\s*(?:$|[#;!]|\/\/)/.test(line) || (n === 0 && line.startsWith('#!')))
    .join('\n');
}

/** What PEM wraps is no setting, and may be a key, though its last line has a `=` (RFC 7468). */
const wrapped = /^-----BEGIN [^-]+-----$[\s\S]*?^-----END [^-]+-----$/gm;

/** Names and values; of a name said twice the last counts. */
export function readProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of text
    .replaceAll(wrapped, '')
    .replaceAll(/\\\r?\n\s*/g, '')
    .split(/\r?\n/)) {
    const found = /^\s*(?:export\s+)?([^\s#!;=:[][^\s=:]*)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (found !== null) properties.set(found[1] ?? '', found[2] ?? '');
  }
  return properties;
}

/** Names in place of an instance's own values: short ones, which many a word holds, only where they are all that a setting says. */
export function withoutOwn(text: string, own: Readonly<Record<string, string>>): string {
  let made = text;
  for (const [name, value] of Object.entries(own).toSorted(([, a], [, b]) => b.length - a.length)) {
    if (value === '') continue;
    const words = RegExp.escape(value);
    const found =
      value.length < shortest
        ? new RegExp(`(?<=[=:]\\s*["']?)${words}(?=["']?[;,]?\\s*$)`, 'gm')
        : new RegExp(`(?<!\\w)${words}(?!\\w)`, 'g');
    made = made.replaceAll(found, () => `\${${name}}`);
  }
  return made;
}
