// A line for each test file, the whole story of each failure, and what was skipped with its reason.
// What a file printed is shown only if something in it failed.
import type { TestEvent } from 'node:test/reporters';
import { relative, resolve } from 'node:path';
import { inspect } from 'node:util';

interface FileRecord {
  failures: string[];
  notes: string[];
  printed: string;
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, FileRecord>();
  const skipped = new Map<string, number>();
  const record = (file: string | undefined): FileRecord => {
    const key = file === undefined ? '' : resolve(file);
    const known = files.get(key) ?? { failures: [], notes: [], printed: '' };
    files.set(key, known);
    return known;
  };
  for await (const event of events) {
    switch (event.type) {
      case 'test:stdout':
      case 'test:stderr':
        record(event.data.file).printed += event.data.message;
        break;
      case 'test:diagnostic':
        if (event.data.nesting > 0 || event.data.line !== undefined)
          record(event.data.file).notes.push(event.data.message);
        break;
      case 'test:pass': {
        const { skip, todo } = event.data;
        if (skip !== undefined && skip !== false) count(skipped, typeof skip === 'string' ? skip : 'no reason given');
        else if (todo !== undefined && todo !== false) count(skipped, `to do: ${event.data.name}`);
        break;
      }
      case 'test:fail': {
        const { name, line, details, file, todo } = event.data;
        const error: Error & { failureType?: string } = details.error;
        if (error.failureType === 'subtestsFailed' || (todo !== undefined && todo !== false)) break;
        const at = file === undefined ? '' : ` (${shown(file)}${line === undefined ? '' : `:${line}`})`;
        record(file).failures.push(`✖ ${name}${at}\n${indent(inspect(error.cause ?? error))}\n`);
        break;
      }
      case 'test:summary': {
        const { file, counts, duration_ms: durationMs } = event.data;
        if (file === undefined) break;
        const { failures, notes, printed } = record(file);
        const bad = failures.length > 0 || !event.data.success;
        const tally = [`${counts.passed} passed`];
        if (bad) tally.push(`${failures.length} failed`);
        if (counts.skipped > 0) tally.push(`${counts.skipped} skipped`);
        yield `${bad ? '✖' : '✔'} ${shown(file)}  ${tally.join(', ')}  ${Math.round(durationMs)} ms\n`;
        for (const note of notes) yield `    ${note}\n`;
        for (const failure of failures) yield indent(failure);
        if (bad && printed !== '') yield `    what it printed:\n${indent(printed)}\n`;
        files.delete(resolve(file));
        break;
      }
      default:
    }
  }
  for (const [file, { failures, printed }] of files) {
    if (failures.length === 0) continue;
    yield `✖ ${file === '' ? 'outside any file' : shown(file)}\n`;
    for (const failure of failures) yield indent(failure);
    if (printed !== '') yield `    what it printed:\n${indent(printed)}\n`;
  }
  for (const [reason, times] of skipped) yield `skipped ${times}: ${reason}\n`;
}

function count(tally: Map<string, number>, key: string): void {
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

function shown(file: string): string {
  return relative(process.cwd(), file);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}
