// Appends entries for ever and says, after each flush, up to which number they are written. Killed by the tests.
import { openJournal } from '../../src/journal/journal.ts';
import { entry, roomy } from './lines.ts';

const [file = '', from = '1'] = process.argv.slice(2);
const journal = await openJournal({ file, host: 'a', ...roomy });
for (let n = Number(from); ; n += 3) {
  for (const each of [n, n + 1, n + 2])
    journal.append(entry(each, { facts: { n: each, text: 'x'.repeat(each % 700) } }));
  await journal.flush();
  await new Promise((written) => process.stdout.write(`${n + 2}\n`, written));
}
