// Runbooks in the agent: answers what people ask, starts what the description lets start by itself, and says of each incident which page helps.

import type { IncidentView, StatusView } from '../api.ts';
import type { RunbookAnswers, RunView } from '../api-runbook.ts';
import type { Mode } from '../model/mode.ts';
import { modeNamed } from '../model/modes.ts';
import { runbookAnswers } from './runbook-answers.ts';
import { openAutoRunbooks } from './runbook-auto.ts';
import { openRunbookDesk, type RunbooksOptions } from './runbook-desk.ts';
import { startRun } from './runbook-start.ts';

/** All that the agent has to do with runbooks. */
export interface Runbooks {
  readonly answers: RunbookAnswers;
  /** An entry of the store was read or has changed. */
  readonly saw: (entry: { readonly key: string; readonly value: string | null; readonly revision: number }) => void;
  /** The status with the runbook and its next step in every open incident. */
  withNext(status: StatusView): StatusView;
  close(): void;
}

/** The first step of a runbook that an incident names is read again after this time. */
const readAgainMs = 10_000;
const lookEveryMs = 1000;

/** Runs, answers and beginnings by themselves, wired together. */
export function openRunbooks(options: RunbooksOptions): Runbooks {
  const desk = openRunbookDesk(options);
  const { store, runner, view, find } = desk;
  const reading = new Set<string>();
  const firstSteps = new Map<string, { readonly title: string; readonly readAtMs: number }>();
  const auto = openAutoRunbooks({
    me: options.me,
    system: options.system,
    status: options.status,
    runs: () => store.all().map((each) => each.run),
    isOpen: (service) => store.open(service) !== null,
    nowMs: options.nowMs,
    note: (kind, service, facts) => options.note({ kind, service, instance: null, facts }),
    start: (service, incident) =>
      startRun(
        desk,
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

  const looking = setInterval(() => {
    runner.look();
    auto.look();
  }, lookEveryMs);

  return {
    answers: runbookAnswers(desk, auto),
    saw: store.saw,
    withNext(status) {
      return { ...status, incidents: status.incidents.map((incident) => ({ ...incident, ...pageOf(incident) })) };
    },
    close() {
      clearInterval(looking);
      runner.close();
    },
  };

  function pageOf(incident: IncidentView): Partial<IncidentView> {
    if (incident.resolvedAtMs !== null) return {};
    const mode = incident.mode === null ? null : modeNamed(incident.mode);
    if (incident.service === null)
      return mode === null || incident.nextIs !== 'explain' ? {} : runbook(pageFor(mode, incident));
    const open = store.open(incident.service);
    const kept = open === null ? undefined : store.get(open);
    if (kept !== undefined) {
      const shown = view(kept);
      const at = shown.needs.kind === 'nothing' ? null : shown.blocks[shown.needs.block];
      const step =
        at === null || at === undefined
          ? ''
          : ` (step ${at.step + 1}, ${shown.headings[at.step] ?? ''}: ${needWords(shown)})`;
      return runbook(`standfast runbook continue ${kept.run.id}${step}`);
    }
    if (incident.nextIs !== 'runbook') return {};
    if (mode !== null)
      return runbook(`standfast runbook run ${mode.runbook}/${incident.instance ?? incident.service} (for ${mode.id})`);
    const first = firstSteps.get(incident.service);
    const readAtMs = performance.now();
    // A page on a disk that hangs is waited for once.
    const { service } = incident;
    if (!reading.has(service) && (first === undefined || readAtMs - first.readAtMs > readAgainMs)) {
      reading.add(service);
      firstSteps.set(service, { title: first?.title ?? '', readAtMs });
      void find(service).then((found) => {
        reading.delete(service);
        if (found.ok) firstSteps.set(found.value.name, { title: found.value.runbook.steps[0]?.title ?? '', readAtMs });
      });
    }
    return first === undefined || first.title === '' ? {} : { next: `${incident.next} (step 1, ${first.title})` };
  }
}

function runbook(next: string): Pick<IncidentView, 'next' | 'nextIs'> {
  return { next, nextIs: 'runbook' };
}

/** Of what is no single service's: its page about the first instance that it concerns, or as it reads. Nothing runs on a host that is lost. */
function pageFor(mode: Mode, { also: [first] }: IncidentView): string {
  return first === undefined || mode.id === 'host-lost'
    ? `standfast runbook show ${mode.runbook} (for ${mode.id})`
    : `standfast runbook run ${mode.runbook}/${first} (for ${mode.id})`;
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
