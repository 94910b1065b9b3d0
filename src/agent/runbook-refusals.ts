// What is refused about runbooks, each with why and what to do next.

import type { RunbookRefusal } from '../api-runbook.ts';
import type { Run } from '../model/runbook-run.ts';

/** No run of that id is kept. */
export function noRun(id: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-217',
    why: `there is no run ${id}`,
    next: 'standfast runbook runs lists those that are kept.',
  };
}

/** It is over: nothing can be answered or taken back any more. */
export function isOver(run: Run): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-212',
    why: `the run ${run.id} is over: ${run.outcome ?? 'ended'}`,
    next: `Begin another: standfast runbook run ${run.runbook}`,
  };
}

/** One at a time for `subject`; `id` is the one that is open. */
export function openAlready(subject: string, id: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-211',
    why: `a run for ${subject} is open: ${id}`,
    next: `Carry it on: standfast runbook continue ${id}. Give it up: standfast runbook abort ${id}`,
  };
}

/** The store did not take it, so that nothing was begun. */
export function notWritten(why: string): RunbookRefusal {
  return {
    ok: false,
    code: 'SF-219',
    why: `it could not be written to the store: ${why}`,
    next: 'Nothing was begun. Ask again; standfast doctor tells more.',
  };
}

/** This agent has just begun. */
export function noDescription(): RunbookRefusal {
  return { ok: false, code: 'SF-219', why: 'no description is known yet', next: 'Ask again in a moment.' };
}
