// `journal`: the record itself, a line an entry, of this machine's hosts and of all others that can be asked.

import type { JournalLine } from '../../api.ts';
import { followJournal } from '../../journal/query.ts';
import { chooseSystem } from '../context.ts';
import type { Context } from '../context.ts';
import { worded } from '../explain/words.ts';
import type { Vocabulary } from '../explain/words.ts';
import { Failure } from '../failure.ts';
import { followFarJournals, gatherJournals } from '../elsewhere.ts';
import { journalFiles } from '../journals.ts';
import { sinceOf } from '../since.ts';
import { safe, wrapped } from '../text.ts';
import { exactClockText } from '../times.ts';
import type { Run } from '../verb.ts';

/** Without `--since` this much is shown. */
const usual = { ms: 24 * 3_600_000, lines: 1_000 };

/** Exit 0, also when nothing was written; 3: no journal could be read. */
export const journal: Run = async (context, words, options) => {
  const since = options.text('since');
  const system = await chooseSystem(context);
  const service = words[0];
  const query = {
    sinceMs: sinceOf(since, context.now(), usual.ms),
    service,
    limit: since === undefined ? usual.lines : undefined,
  };
  const vocabulary = await context.world.vocabulary();
  const print = options.flag('json')
    ? (line: JournalLine) => JSON.stringify(line)
    : (line: JournalLine) => lineText(line, vocabulary, context);
  if (options.flag('follow')) {
    const files = system.hosts.map((host) => system.layout.host(host).journalFile);
    const signal = context.interruption();
    const far = followFarJournals(system, query, signal, (line) => context.terminal.print(print(line)));
    for await (const line of followJournal(files, { ...query, signal }, (problem) => {
      // One that is not there yet is waited for.
      if (problem.code !== 'SF-521') process.stderr.write(`${safe(problem.message)}\n`);
    }))
      context.terminal.print(print(line));
    await far;
    return 0;
  }
  const read = await gatherJournals(system, query);
  for (const problem of read.unreadable) process.stderr.write(`${safe(problem)}\n`);
  // In pieces, so that a long record does not stand in memory twice.
  for (let at = 0; at < read.lines.length; at += 500)
    context.terminal.print(...read.lines.slice(at, at + 500).map(print));
  if (read.lines.length === 0 && !options.flag('json'))
    context.terminal.print(
      journalFiles(system).length === 0 ? 'There is no journal yet.' : 'Nothing was written in this time.',
    );
  if (read.unreadable.length > 0 && read.lines.length === 0)
    throw new Failure({
      code: 'SF-522',
      what: 'no journal could be read',
      next: context.command('doctor'),
      exit: 3,
    });
  return 0;
};

/** `14:02:07.113  4711@a  pricer on a ended, … (rule 310)`. */
function lineText(line: JournalLine, vocabulary: Vocabulary, context: Context): string {
  const nowMs = context.now();
  const said = worded(line, vocabulary, nowMs);
  const head = `${exactClockText(line.atMs, nowMs)}  ${line.seq}@${safe(line.host)}  `;
  const aside = said.aside === '' ? '' : `  (${said.aside})`;
  const [first = '', ...rest] = wrapped(said.text + aside, context.terminal.columns() - head.length);
  return [context.terminal.paint('dim', head) + first, ...rest.map((each) => ' '.repeat(head.length) + each)].join(
    '\n',
  );
}
