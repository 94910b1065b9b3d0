// Runbooks in the agent: answers what people ask, starts what the description lets start by itself, and says of each incident which page helps.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { IncidentView, StatusView } from '../api.ts';
import type {
  PersonAnswerRequest,
  RunbookAnswer,
  RunbookAnswers,
  RunbookListing,
  RunbookRefusal,
  RunView,
  StartRequest,
} from '../api-runbook.ts';
import type { JsonValue } from '../model/json.ts';
import type { Runbook } from '../model/runbook.ts';
import { aborted, allowed, answered, newRun, type Run } from '../model/runbook-run.ts';
import { serviceNamed, type Service, type System } from '../model/system.ts';
import type { Compare, Put, TxnAnswer } from '../ports.ts';
import type { Ms } from '../model/units.ts';
import type { Plans } from './plans.ts';
import { openAutoRunbooks } from './runbook-auto.ts';
import { activeHost, failoverUnderWay, standsNow, surroundingsOf, usualHost } from './runbook-facts.ts';
import { findRunbook, runbookNames, runbookOfText, type FoundRunbook } from './runbook-library.ts';
import { openRunner } from './runbook-runner.ts';
import { openRunbookStore, subjectOf, type KeptRun } from './runbook-store.ts';
import { testRunbook, unknownVariables } from './runbook-test.ts';
import { plannedBlocks, runView } from './runbook-view.ts';

export interface Runbooks {
  readonly answers: RunbookAnswers;
  /** An entry of the store was read or has changed. */
  readonly saw: (entry: { readonly key: string; readonly value: string | null; readonly revision: number }) => void;
  /** The status with the runbook and its next step in every open incident. */
  withNext(status: StatusView): StatusView;
  close(): void;
}

export interface RunbooksOptions {
  readonly me: string;
  /** The state folder, for `standfast` in a step. */
  readonly state: string;
  /** This host's folder. */
  readonly folder: string;
  readonly programs: string;
  readonly system: () => System | null;
  /** Null before a description is known. */
  readonly status: () => StatusView | null;
  readonly plans: () => Plans | null;
  readonly output: (service: string) => string;
  readonly txn: (compares: readonly Compare[], puts: readonly Put[], timeoutMs: Ms) => Promise<TxnAnswer>;
  readonly nowMs: () => number;
  note(of: {
    readonly kind: string;
    readonly service: string | null;
    readonly instance: string | null;
    readonly facts: Readonly<Record<string, JsonValue>>;
  }): void;
}

/** Who waits for a change of a run is answered after this time in any case. */
const waitMs = 10_000;
/** Output that flows is told this often. */
const gatherMs = 100;
const tries = 5;
/** The first step of a runbook that an incident names is read again after this time. */
const readAgainMs = 10_000;

export function openRunbooks(options: RunbooksOptions): Runbooks {
  const { me } = options;
  const listeners = new Set<() => void>();
  const firstSteps = new Map<string, { readonly title: string; readonly readAtMs: number }>();
  let telling: NodeJS.Timeout | null = null;
  const changed = (): void => {
    telling ??= setTimeout(() => {
      telling = null;
      for (const listener of listeners) listener();
    }, gatherMs);
  };
  const store = openRunbookStore({
    txn: options.txn,
    told() {
      setImmediate(() => runner.look());
      changed();
    },
  });
  const books = new Map<string, Runbook>();
  const bookOf = (run: Run): Runbook => {
    const known = books.get(run.id);
    if (known !== undefined) return known;
    const markdown = store.markdown(run.id);
    const book = runbookOfText(run.runbook, markdown ?? '');
    if (markdown !== null) books.set(run.id, book);
    return book;
  };
  const serviceOf = (run: Pick<Run, 'service'>): Service | null => {
    const system = options.system();
    return run.service === null || system === null ? null : (serviceNamed(system, run.service) ?? null);
  };
  const hostOf = (run: Pick<Run, 'host' | 'service'>, book: Runbook, block: number): string => {
    const on = book.blocks[block]?.on ?? null;
    const status = options.status();
    if (on === 'active') return (status === null ? null : activeHost(status, run.service)) ?? run.host;
    return on ?? run.host;
  };
  const heldUp = (run: Run): string | null => {
    const status = options.status();
    return status === null ? 'no description is known yet' : failoverUnderWay(status, serviceOf(run));
  };
  const surroundings = (
    run: Parameters<typeof surroundingsOf>[0]['run'],
    service: Service | null,
    status: StatusView,
  ) =>
    surroundingsOf({
      run,
      service,
      status,
      plans: options.plans(),
      output: options.output,
      folder: options.system()?.folder ?? '/',
      state: options.state,
      programs: options.programs,
    });
  const note = (kind: string, run: Run, facts: Readonly<Record<string, JsonValue>>): void =>
    options.note({
      kind,
      service: run.service,
      instance: run.service === null ? null : `${run.service}@${run.host}`,
      facts: { run: run.id, runbook: run.runbook, ...facts },
    });
  const runner = openRunner({
    me,
    life: randomBytes(4).toString('hex'),
    folder: join(options.folder, 'runbooks'),
    store,
    book: bookOf,
    hostOf,
    heldUp,
    surroundings(run) {
      const status = options.status();
      if (status === null) throw new Error('no description is known yet');
      return surroundings(run, serviceOf(run), status);
    },
    nowMs: options.nowMs,
    note,
    changed,
  });

  const view = ({ run, revision }: KeptRun): RunView => {
    const book = bookOf(run);
    return runView({
      run,
      revision,
      book,
      outputs: store.outputs(run.id),
      live: runner.live(run.id),
      hostOf: (block) => hostOf(run, book, block),
      waits(block, undo) {
        const host = hostOf(run, book, block);
        const seen = options.status()?.hosts.find((each) => each.name === host)?.state;
        if (seen !== 'up')
          return `host ${host} is ${seen ?? 'not there'}: it goes on when its agent answers, or give it up`;
        return undo || book.blocks[block]?.kind === 'do' ? heldUp(run) : null;
      },
    });
  };
  /** Changes a run as it stands now; looks again when somebody else was first. */
  const change = async (
    id: string,
    how: (run: Run, book: Runbook) => Run | RunbookRefusal,
    kind: string,
    facts: Record<string, JsonValue>,
  ): Promise<RunbookAnswer<RunView>> => {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const kept = store.get(id);
      if (kept === undefined) return noRun(id);
      const after = how(kept.run, bookOf(kept.run));
      if ('ok' in after) return after;
      const answer = await store.put(after, kept.revision);
      if (answer.kind === 'unknown') return notWritten(answer.why);
      if (answer.kind === 'refused') continue;
      note(kind, after, facts);
      if (after.phase === 'ended') note('runbookOver', after, { outcome: after.outcome, why: after.because });
      const now = store.get(id);
      return now === undefined ? noRun(id) : { ok: true, value: view(now) };
    }
    return notWritten('others change the same run all the time');
  };
  const find = async (name: string): Promise<RunbookAnswer<FoundRunbook>> => {
    const system = options.system();
    if (system === null)
      return { ok: false, code: 'SF-219', why: 'no description is known yet', next: 'Ask again in a moment.' };
    const lookup = await findRunbook(system, name);
    if (lookup.kind === 'found') return { ok: true, value: lookup.found };
    return { ok: false, code: lookup.kind === 'none' ? 'SF-210' : 'SF-201', why: lookup.why, next: lookup.next };
  };
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

  const start = async (
    request: StartRequest,
    by: { auto: boolean; incident: string | null },
  ): Promise<RunbookAnswer<RunView>> => {
    const [name = '', at] = request.name.split('@', 2);
    const looked = await find(name);
    if (!looked.ok) return looked;
    const found = looked.value;
    const status = options.status();
    if (status === null)
      return { ok: false, code: 'SF-219', why: 'no description is known yet', next: 'Ask again in a moment.' };
    const host = request.host ?? at ?? found.runbook.on ?? usualHost(status, found.service, me);
    const run = newRun(found.runbook, {
      id: `r-${randomBytes(4).toString('hex')}`,
      runbook: name,
      service: found.service?.name ?? null,
      host,
      incident: by.incident ?? incidentOf(status, found.service)?.id ?? null,
      startedBy: request.owner,
      auto: by.auto,
      why: request.why,
      allowedBy: request.allow ? request.owner : null,
      values: request.values,
      startedAtMs: options.nowMs(),
    });
    const wrong = whyNot(found, run, status);
    if (wrong !== null) return wrong;
    const answer = await store.begin(run, found.markdown);
    if (answer.kind === 'unknown') return notWritten(answer.why);
    const other = store.open(subjectOf(run));
    if (answer.kind === 'refused')
      return other === null ? notWritten('somebody else was first') : openAlready(subjectOf(run), other);
    note('runbookStarted', run, {
      by: run.startedBy,
      why: run.why,
      auto: run.auto,
      allowed: request.allow,
      incident: run.incident,
    });
    const kept = store.get(run.id);
    return kept === undefined ? noRun(run.id) : { ok: true, value: view(kept) };
  };

  const whyNot = (found: FoundRunbook, run: Run, status: StatusView): RunbookRefusal | null => {
    const open = store.open(subjectOf(run));
    if (open !== null) return openAlready(subjectOf(run), open);
    if (!status.hosts.some((host) => host.name === run.host))
      return {
        ok: false,
        code: 'SF-007',
        why: `there is no host ${run.host}`,
        next: `There is ${status.hosts.map((host) => host.name).join(', ')}.`,
      };
    const { env } = surroundings(run, found.service, status);
    const blocks = plannedBlocks(found.runbook, () => run.host, env);
    const problem = found.problems[0] ?? unknownVariables(blocks, env, found.runbook.asks)[0];
    if (problem !== undefined)
      return {
        ok: false,
        code: problem.code,
        why: `${found.file ?? found.name}:${problem.line}: ${problem.message}`,
        next: `${problem.next} All that is wrong: standfast runbook test ${found.name}`,
      };
    const missing = found.runbook.asks.filter((name) => !Object.hasOwn(run.values, name));
    const strange = Object.keys(run.values).filter((name) => !found.runbook.asks.includes(name));
    if (missing.length > 0 || strange.length > 0)
      return {
        ok: false,
        code: 'SF-216',
        why: missing.length > 0 ? `it asks for ${missing.join(', ')}` : `it does not ask for ${strange.join(', ')}`,
        next:
          missing.length > 0
            ? `Give it: ${missing.map((name) => `--set ${name}=VALUE`).join(' ')}`
            : `It asks for ${found.runbook.asks.join(', ') || 'nothing'}.`,
      };
    const moving = failoverUnderWay(status, found.service);
    return moving === null
      ? null
      : {
          ok: false,
          code: 'SF-213',
          why: moving,
          next: 'Start it when that is over; standfast status --watch shows it.',
        };
  };

  const auto = openAutoRunbooks({
    me,
    system: options.system,
    status: options.status,
    runs: () => store.all().map((each) => each.run),
    isOpen: (service) => store.open(service) !== null,
    nowMs: options.nowMs,
    note: (kind, service, facts) => options.note({ kind, service, instance: null, facts }),
    start: (service, incident) =>
      start(
        {
          name: service,
          host: incident.host,
          owner: 'standfast',
          why: `incident ${incident.id}`,
          allow: true,
          values: {},
        },
        { auto: true, incident: incident.id },
      ),
  });

  const answers: RunbookAnswers = {
    async list() {
      const system = options.system();
      const names = system === null ? [] : await runbookNames(system);
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
      if (status === null)
        return { ok: false, code: 'SF-219', why: 'no description is known yet', next: 'Ask again in a moment.' };
      const found = looked.value;
      const { runbook } = found;
      const on = host ?? at ?? runbook.on ?? usualHost(status, found.service, me);
      const { env } = surroundings({ id: '', runbook: name, host: on, incident: null, values }, found.service, status);
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
    start: (request) => start(request, { auto: false, incident: null }),
    runs: () => Promise.resolve(store.all().map((each) => withoutOutput(view(each)))),
    async run(id, after) {
      const untilMs = performance.now() + waitMs;
      for (;;) {
        const kept = store.get(id);
        if (kept === undefined) return noRun(id);
        const shown = view(kept);
        const leftMs = untilMs - performance.now();
        if (after === null || shown.version !== after || leftMs <= 0) return { ok: true, value: shown };
        await new Promise<void>((resolve) => {
          const done = (): void => {
            listeners.delete(done);
            clearTimeout(late);
            resolve();
          };
          const late = setTimeout(done, leftMs);
          listeners.add(done);
        });
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
    async test(name) {
      const system = options.system();
      const status = options.status();
      if (system === null || status === null)
        return { ok: false, code: 'SF-219', why: 'no description is known yet', next: 'Ask again in a moment.' };
      const names = name === null ? await runbookNames(system) : [name];
      const tested = [];
      for (const each of names) {
        const looked = await find(each);
        if (!looked.ok && name !== null) return looked;
        if (!looked.ok) {
          tested.push({
            name: each,
            host: me,
            checks: [],
            rotted: [{ code: looked.code, message: looked.why, next: looked.next, line: 1, column: 1 }],
          });
          continue;
        }
        const { runbook, problems, service } = looked.value;
        const here =
          service?.kind === 'run'
            ? service.on.some(({ host }) => host === me)
            : (runbook.on ?? system.hosts[0]?.name) === me;
        const at = here ? me : (runbook.on ?? usualHost(status, service, me));
        const around = surroundings(
          { id: 'test', runbook: each, host: at, incident: null, values: {} },
          service,
          status,
        );
        const blocks = plannedBlocks(
          runbook,
          (block) => hostOf({ host: at, service: service?.name ?? null }, runbook, block),
          around.env,
        );
        const mine = blocks.filter((block) => block.host === me);
        if (mine.length === 0 && !here) continue;
        tested.push(
          await testRunbook({
            name: each,
            host: me,
            runbook,
            problems: here ? problems : [],
            blocks: mine,
            surroundings: around,
            record: (block) => join(options.folder, 'runbooks', `test-${process.pid}-${block}`),
          }),
        );
      }
      return { ok: true, value: tested };
    },
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

  const looking = setInterval(() => {
    runner.look();
    auto.look();
  }, 1000);

  return {
    answers,
    saw: store.saw,
    withNext(status) {
      return { ...status, incidents: status.incidents.map((incident) => ({ ...incident, next: nextWords(incident) })) };
    },
    close() {
      clearInterval(looking);
      runner.close();
    },
  };

  function nextWords(incident: IncidentView): string {
    if (incident.service === null || incident.resolvedAtMs !== null) return incident.next;
    const open = store.open(incident.service);
    const kept = open === null ? undefined : store.get(open);
    if (kept !== undefined) {
      const shown = view(kept);
      const at = shown.needs.kind === 'nothing' ? null : shown.blocks[shown.needs.block];
      const step =
        at === null || at === undefined
          ? ''
          : ` (step ${at.step + 1}, ${shown.headings[at.step] ?? ''}: ${needWords(shown)})`;
      return `standfast runbook continue ${kept.run.id}${step}`;
    }
    const subject = incident.instance ?? incident.service;
    const first = firstSteps.get(incident.service);
    const readAtMs = performance.now();
    if (first === undefined || readAtMs - first.readAtMs > readAgainMs) {
      firstSteps.set(incident.service, { title: first?.title ?? '', readAtMs });
      void find(incident.service).then((found) => {
        if (found.ok) firstSteps.set(found.value.name, { title: found.value.runbook.steps[0]?.title ?? '', readAtMs });
      });
    }
    return `standfast runbook run ${subject}${first === undefined || first.title === '' ? '' : ` (step 1, ${first.title})`}`;
  }
}

function needWords(shown: RunView): string {
  switch (shown.needs.kind) {
    case 'person':
      return shown.needs.what === 'approve' ? 'waits for your yes' : 'waits for a person';
    case 'running':
      return `runs on ${shown.needs.host}`;
    case 'waiting':
      return shown.needs.why;
    case 'nothing':
      return 'over';
    default:
      return shown.needs satisfies never;
  }
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

function incidentOf(status: StatusView, service: Service | null): IncidentView | null {
  if (service === null) return null;
  return status.incidents.find((each) => each.service === service.name && each.resolvedAtMs === null) ?? null;
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

function noRun(id: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-217',
    why: `there is no run ${id}`,
    next: 'standfast runbook runs lists those that are kept.',
  };
}

function isOver(run: Run): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-212',
    why: `the run ${run.id} is over: ${run.outcome ?? 'ended'}`,
    next: `Begin another: standfast runbook run ${run.runbook}`,
  };
}

function openAlready(subject: string, id: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-211',
    why: `a run for ${subject} is open: ${id}`,
    next: `Carry it on: standfast runbook continue ${id}. Give it up: standfast runbook abort ${id}`,
  };
}

function notWritten(why: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-219',
    why: `it could not be written to the store: ${why}`,
    next: 'Nothing was begun. Ask again; standfast doctor tells more.',
  };
}
