// Begins a run, or says why not: what would stop it half way is looked at before anything is done.

import { randomBytes } from 'node:crypto';
import type { IncidentView, StatusView } from '../api.ts';
import type { RunbookAnswer, RunbookRefusal, RunView, StartRequest } from '../api-runbook.ts';
import { newRun, type Run } from '../model/runbook-run.ts';
import type { Service } from '../model/system.ts';
import type { RunbookDesk } from './runbook-desk.ts';
import { failoverUnderWay, usualHost } from './runbook-facts.ts';
import type { FoundRunbook } from './runbook-library.ts';
import { noDescription, noRun, notWritten, openAlready } from './runbook-refusals.ts';
import { subjectOf } from './runbook-store.ts';
import { accountOf, unknownVariables } from './runbook-test.ts';
import { plannedBlocks } from './runbook-view.ts';

/** Writes a new run into the store, or says why none may begin now. `by`: whether it begins by itself, and for which incident. */
export async function startRun(
  desk: RunbookDesk,
  request: StartRequest,
  by: { auto: boolean; incident: string | null },
): Promise<RunbookAnswer<RunView>> {
  const { options, store, note, view, find } = desk;
  const [name = '', at] = request.name.split('@', 2);
  const looked = await find(name);
  if (!looked.ok) return looked;
  const found = looked.value;
  const status = options.status();
  if (status === null) return noDescription();
  const host = request.host ?? at ?? found.runbook.on ?? usualHost(status, found.service, options.me);
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
  const wrong = await whyNot(desk, found, run, status);
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
}

async function whyNot(
  desk: RunbookDesk,
  found: FoundRunbook,
  run: Run,
  status: StatusView,
): Promise<RunbookRefusal | null> {
  const { store, surroundings } = desk;
  const open = store.open(subjectOf(run));
  if (open !== null) return openAlready(subjectOf(run), open);
  if (!status.hosts.some((host) => host.name === run.host))
    return {
      ok: false,
      code: 'SF-007',
      why: `there is no host ${run.host}`,
      next: `There is ${status.hosts.map((host) => host.name).join(', ')}.`,
    };
  if (found.general && found.service === null)
    return {
      ok: false,
      code: 'SF-216',
      why: `${found.name} is a page for any service: which one is it about?`,
      next: `Name it: standfast runbook run ${found.name}/SERVICE@HOST`,
    };
  const places = found.service?.kind === 'run' ? found.service.on.map((each) => each.host) : null;
  if (places !== null && !places.includes(run.host) && found.runbook.on !== run.host)
    return {
      ok: false,
      code: 'SF-007',
      why: `${found.service?.name ?? ''} does not run on ${run.host}`,
      next: `It runs on ${places.join(', ')}.`,
    };
  const { env } = await surroundings(run, found.service, status);
  const blocks = plannedBlocks(found.runbook, (block) => desk.hostOf(run, found.runbook, block), env);
  const accounts = await Promise.all(blocks.filter((block) => block.host === desk.options.me).map(accountOf));
  const problem =
    found.problems[0] ??
    unknownVariables(blocks, env, found.runbook.asks)[0] ??
    accounts.find((account) => 'code' in account);
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
}

function incidentOf(status: StatusView, service: Service | null): IncidentView | null {
  if (service === null) return null;
  return status.incidents.find((each) => each.service === service.name && each.resolvedAtMs === null) ?? null;
}
