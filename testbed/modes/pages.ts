// Does a mode's page fit? With its fault made one of the page's checks fails and the run ends as failed; mended, the same page ends as done, and
// `runbook test` finds nothing in it that has rotted.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunView, TestedRunbook } from '../../src/api-runbook.ts';
import { modeNamed, modePage } from '../../src/model/modes.ts';
import type { Case } from './case.ts';
import { shown, start, until, type Job } from './measure.ts';
import { Place } from './place.ts';

const repository = join(import.meta.dirname, '..', '..');

export interface Page {
  readonly page: string;
  readonly mode: string;
  /** Titles of the checks that failed while the fault stood. */
  readonly failing: readonly string[];
  /** How the run ended while the fault stood, and when it was mended. */
  readonly during: string;
  readonly after: string;
  readonly rotted: readonly string[];
}

/** One way for each page: the first of a mode that can be mended. */
export function pageJobs(cases: readonly Case[]): Map<string, Job> {
  const made = new Map<string, Job>();
  for (const { mode, ways } of cases)
    for (const [n, way] of ways.entries()) {
      const page = modeNamed(mode)?.runbook ?? '';
      if (way.mend !== undefined && !made.has(page)) made.set(page, { mode, way, n });
    }
  return made;
}

/** Makes the fault, goes through the page, mends, and goes through it again. */
export async function tryPage(page: string, job: Job): Promise<Page> {
  const mode = modeNamed(job.mode);
  if (mode === null || job.way.mend === undefined) throw new Error(`${job.mode} has no way that is mended`);
  const place = await Place.open({ clock: job.way.clock === true, fed: job.way.fed === true });
  try {
    const own = [...(await start(place, [job], null)).values()][0];
    if (own === undefined) throw new Error('no service was made');
    await job.way.make(own);
    await until(job.way.within ?? 90, async () => named(await own.status(), job, own.app));
    // A file of the same name goes before the page that comes with Standfast: nobody waits long for what cannot come.
    const text = readFileSync(join(repository, modePage(mode)), 'utf8');
    place.write(`runbooks/${page}.md`, text.replaceAll(/within=\d+s/g, 'within=15s'));
    const during = await through(own, page);
    place.write(`runbooks/${page}.md`, text);
    await job.way.mend(own);
    const after = await through(own, page);
    const { out } = await own.standfast('runbook', 'test', '--json');
    const tested = out.startsWith('[') ? (JSON.parse(out) as TestedRunbook[]) : [];
    return {
      page,
      mode: job.mode,
      failing: (during?.blocks ?? [])
        .filter(({ state, kind }) => state === 'failed' && kind === 'check')
        .map(({ step }) => during?.headings[step] ?? String(step)),
      during: during?.outcome ?? 'did not begin',
      after: after?.outcome === 'done' ? 'done' : `${after?.outcome ?? 'did not begin'}: ${lastFailed(after)}`,
      rotted: tested
        .filter(({ name }) => name === page || name.startsWith(`${page}/`))
        .flatMap(({ rotted }) => rotted.map((each) => JSON.stringify(each))),
    };
  } finally {
    await place.standfast('down');
    await place.close();
  }
}

function lastFailed(run: RunView | null): string {
  const block = run?.blocks.findLast(({ state }) => state === 'failed');
  return block === undefined ? (run?.because ?? '') : `${block.text} ▸ ${JSON.stringify(block.output)}`;
}

function named(status: Parameters<typeof shown>[0], job: Job, app: string): boolean {
  const incident = shown(status, job, app);
  return incident?.mode === job.mode;
}

/** From its beginning to its end; what a person is asked is answered with yes. */
async function through(place: Place, page: string): Promise<RunView | null> {
  const before = (await newest(place))?.id ?? null;
  // None begins while the service is being started or stopped: then a little later.
  await until(60, async () => {
    await place.standfast('runbook', 'run', `${page}/${place.app}@a`, '--yes', '--why', 'tried');
    return ((await newest(place))?.id ?? null) !== before;
  });
  for (let answers = 0; answers < 20; answers += 1) {
    const run = await newest(place);
    if (run === null || run.phase === 'ended') return run;
    if (run.needs.kind === 'person') await place.standfast('runbook', 'yes', run.id);
    await place.standfast('runbook', 'continue', run.id, '--yes');
  }
  return await newest(place);
}

async function newest(place: Place): Promise<RunView | null> {
  const { out } = await place.standfast('runbook', 'runs', '--json');
  const all = out.startsWith('[') ? (JSON.parse(out) as RunView[]) : [];
  return all.toSorted((a, b) => b.startedAtMs - a.startedAtMs)[0] ?? null;
}
