// Files of properties: `name=value`, `name: value` or `name value`, `#` or `!` for comments, a backslash at the end for a longer line
// (the format of java.util.Properties), and what else writes settings line by line.

/** Names and values; of a name said twice the last counts. */
export function readProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of text.replaceAll(/\\\r?\n\s*/g, '').split(/\r?\n/)) {
    const found = /^\s*([^\s#!;=:[][^\s=:]*)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (found !== null) properties.set(found[1] ?? '', found[2] ?? '');
  }
  return properties;
}
