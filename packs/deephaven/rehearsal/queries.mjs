// The controller's persistent queries: a file for each in its cache, and the XML that the controller tool exports and imports.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const element = /<query serial="(\d+)" name="([^"]*)">([^<]*)<\/query>/g;

/** All queries as XML, ordered by serial. */
export function exportQueries(cache) {
  const lines = [...read(cache)].toSorted(([a], [b]) => a - b).map(([, line]) => `  ${line}`);
  return `<controllerToolExport>\n${lines.join('\n')}\n</controllerToolExport>\n`;
}

/**
 * `retain` empty: each gets a new serial. `keep`: its own, and one whose serial is there already is left out. `replace`: its own, over one that is there.
 * What is no export changes nothing.
 */
export function importQueries(cache, xml, retain) {
  if (!/^\s*<controllerToolExport>[^]*<\/controllerToolExport>\s*$/.test(xml))
    return { status: 400, text: 'this is no export of the controller tool\n' };
  const present = read(cache);
  let next = Math.max(0, ...present.keys()) + 1;
  let [imported, left] = [0, 0];
  for (const [, serial, name, body] of xml.matchAll(element)) {
    const own = Number(serial);
    if (retain === 'keep' && present.has(own)) {
      left += 1;
      continue;
    }
    const number = retain === '' ? next++ : own;
    const line = `<query serial="${number}" name="${name}">${body}</query>`;
    writeFileSync(join(cache, `${number}.query`), `${line}\n`);
    present.set(number, line);
    imported += 1;
  }
  return { status: 200, text: `imported ${imported}, left out ${left}\n` };
}

/** By serial; a cache that is not there holds nothing. */
function read(cache) {
  let files = [];
  try {
    files = readdirSync(cache).filter((file) => file.endsWith('.query'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return new Map(files.map((file) => [Number.parseInt(file, 10), readFileSync(join(cache, file), 'utf8').trim()]));
}
