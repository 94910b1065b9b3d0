// What is refused about runbooks, each with why and what to do next.

import type { RunbookRefusal } from '../api-runbook.ts';
import type { Run } from '../model/runbook-run.ts';

export function noRun(id: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-217',
    why: `there is no run ${id}`,
    next: 'standfast runbook runs lists those that are kept.',
  };
}

export function isOver(run: Run): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-212',
    why: `the run ${run.id} is over: ${run.outcome ?? 'ended'}`,
    next: `Begin another: standfast runbook run ${run.runbook}`,
  };
}

export function openAlready(subject: string, id: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-211',
    why: `a run for ${subject} is open: ${id}`,
    next: `Carry it on: standfast runbook continue ${id}. Give it up: standfast runbook abort ${id}`,
  };
}

export function notWritten(why: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-219',
    why: `it could not be written to the store: ${why}`,
    next: 'Nothing was begun. Ask again; standfast doctor tells more.',
  };
}

export function noDescription(): RunbookRefusal {
  return { ok: false, code: 'SF-219', why: 'no description is known yet', next: 'Ask again in a moment.' };
}
