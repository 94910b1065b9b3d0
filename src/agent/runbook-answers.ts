// What is asked about runbooks, answered.

import type { RunbookAnswers, RunbookListing, PersonAnswerRequest, RunbookRefusal, RunView } from '../api-runbook.ts';
import type { Runbook } from '../model/runbook.ts';
import { aborted, allowed, answered, type Run } from '../model/runbook-run.ts';
import type { AutoRunbooks } from './runbook-auto.ts';
import { nextChange, type RunbookDesk } from './runbook-desk.ts';
import { standsNow, usualHost } from './runbook-facts.ts';
import { generalNames, runbookNames, type FoundRunbook } from './runbook-library.ts';
import { isOver, noDescription, noRun } from './runbook-refusals.ts';
import { startRun } from './runbook-start.ts';
import type { KeptRun } from './runbook-store.ts';
import { testAll } from './runbook-test-all.ts';
import { unknownVariables } from './runbook-test.ts';
import { plannedBlocks } from './runbook-view.ts';

/** Who waits for a change of a run is answered after this time in any case. */
const waitMs = 10_000;

/** What people ask of runbooks, answered from the desk. A refusal is an answer; it rejects only by a fault of its own. */
export function runbookAnswers(desk: RunbookDesk, auto: AutoRunbooks): RunbookAnswers {
  const { options, store, listeners, bookOf, hostOf, surroundings, view, known, change, find } = desk;
  const listing = (found: FoundRunbook): RunbookListing => ({
    name: found.name,
    title: found.runbook.title,
    service: found.service?.name ?? null,
    file: found.file,
    steps: found.runbook.steps.length,
    problems: found.problems.length,
    auto: auto.words(found.service),
    open: store.open(found.service?.name ?? found.name),
  });

  return {
    async list() {
      const system = options.system();
      // As with the status: the answer is not "none", it cannot be told yet.
      if (system === null) throw new Error('no description is known yet');
      const names = [...(await runbookNames(system)), ...(await generalNames(system))];
      const all = await Promise.all(names.map(find));
      return all.map((each, index): RunbookListing =>
        each.ok
          ? listing(each.value)
          : {
              name: names[index] ?? '',
              title: each.why,
              service: null,
              file: null,
              steps: 0,
              problems: 1,
              auto: null,
              open: null,
            },
      );
    },
    async show(asked, host, values) {
      const [name = '', at] = asked.split('@', 2);
      const looked = await find(name);
      const status = options.status();
      if (!looked.ok) return looked;
      if (status === null) return noDescription();
      const found = looked.value;
      const { runbook } = found;
      const on = host ?? at ?? runbook.on ?? usualHost(status, found.service, options.me);
      const planned = { id: '', runbook: name, host: on, incident: null, values, startedAtMs: options.nowMs() };
      const { env } = await surroundings(planned, found.service, status);
      const blocks = plannedBlocks(
        runbook,
        (block) => hostOf({ host: on, service: found.service?.name ?? null }, runbook, block),
        env,
      );
      return {
        ok: true,
        value: {
          ...listing(found),
          markdown: found.markdown,
          host: on,
          about: runbook.about,
          asks: runbook.asks,
          headings: runbook.steps,
          blocks,
          found: [...found.problems, ...unknownVariables(blocks, env, runbook.asks)],
        },
      };
    },
    start: (request) => startRun(desk, request, { auto: false, incident: null }),
    runs: () => Promise.resolve(store.all().map((each) => withoutOutput(view(each)))),
    async run(id, after) {
      const untilMs = performance.now() + waitMs;
      for (;;) {
        const kept = await known(id);
        if (kept === undefined) return noRun(id);
        const shown = view(kept);
        const leftMs = untilMs - performance.now();
        if (after === null || shown.version !== after || leftMs <= 0) return { ok: true, value: shown };
        await nextChange(listeners, leftMs);
      }
    },
    answer: (request) =>
      change(request.run, (run, book) => personAnswer(run, book, request, options.nowMs()), 'runbookAnswered', {
        by: request.owner,
        word: request.word,
        step: (bookStep(store.get(request.run), bookOf, request.block) ?? 0) + 1,
        why: request.why,
      }),
    allow: (id, owner) =>
      change(id, (run) => (run.phase === 'ended' ? isOver(run) : allowed(run, owner)), 'runbookAllowed', { by: owner }),
    abort: (id, owner, why) =>
      change(
        id,
        (run, book) => aborted(run, book, { who: owner, why, atMs: options.nowMs() }) ?? isOver(run),
        'runbookAborted',
        {
          by: owner,
          why,
        },
      ),
    test: (name) => testAll(desk, name),
    stands(subject) {
      const status = options.status();
      const stands = status === null ? null : standsNow(status, subject);
      if (stands !== null) return Promise.resolve({ ok: true, value: stands });
      return Promise.resolve({
        ok: false,
        code: 'SF-007',
        why: `there is no service or instance ${subject}`,
        next: 'standfast status lists them.',
      });
    },
  };
}

/** The answer must be to what is asked now: two who approve the same step are told apart by the store, and the second hears who was first. */
function personAnswer(run: Run, book: Runbook, request: PersonAnswerRequest, atMs: number): Run | RunbookRefusal {
  const undo = run.phase === 'undo';
  if (run.phase === 'ended') return isOver(run);
  const block = request.undo ? run.undone[request.block] : run.blocks[request.block];
  const after =
    run.at === request.block && undo === request.undo
      ? answered(book, run, request.word, { who: request.owner, why: request.why, atMs })
      : null;
  if (after !== null) return after;
  const who = block?.by ?? null;
  return {
    ok: false,
    code: 'SF-212',
    why:
      who === null
        ? `"${request.word}" answers nothing that is asked: step ${(book.blocks[request.block]?.step ?? 0) + 1} is ${block?.state ?? 'not there'}`
        : `${who} has answered this step already: it is ${block?.state ?? 'over'}`,
    next: `standfast runbook continue ${run.id} shows what it waits for.`,
  };
}

function bookStep(kept: KeptRun | undefined, bookOf: (run: Run) => Runbook, block: number): number | null {
  return kept === undefined ? null : (bookOf(kept.run).blocks[block]?.step ?? null);
}

function withoutOutput(shown: RunView): RunView {
  return {
    ...shown,
    blocks: shown.blocks.map((block) => ({
      ...block,
      output: null,
      undone: block.undone === null ? null : { ...block.undone, output: null },
    })),
  };
}
