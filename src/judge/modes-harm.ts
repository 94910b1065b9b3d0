// How what failed shows, and what it says of itself: two of the questions by which modes are weighed (modes.ts).

import type { Reason } from './reason.ts';
import type { Harm } from '../model/mode.ts';

/** What the failure says of itself, in the words of who failed; empty: nothing. */
export function saidBy(cause: Reason): string {
  switch (cause.kind) {
    case 'check-failed':
    case 'check-warns':
    case 'check-unsure':
    case 'external-down':
    case 'external-warns':
      return cause.facts.text;
    case 'status-unreadable':
    case 'store-unreachable':
      return cause.facts.why;
    case 'down':
    case 'coming-back':
      return cause.facts.startError ?? '';
    case 'files-missing':
      return cause.facts.files.join(', ');
    case 'as-reported':
    case 'mode':
      return cause.facts.text;
    case 'down-as-planned':
    case 'not-heard-of':
    case 'changing':
    case 'overdue':
    case 'up-though-planned-down':
    case 'active-though-not-planned':
    case 'process-gone':
    case 'beat-late':
    case 'says-failed':
    case 'says-degraded':
    case 'none-active':
    case 'too-few':
    case 'host-silent':
    case 'host-down':
    case 'not-fenced':
    case 'kill-late':
    case 'model-surprise':
      return '';
    default:
      return cause satisfies never;
  }
}

/** How the failure shows; null: it tells nothing about what is behind it. */
export function harmOf(cause: Reason): Harm | null {
  switch (cause.kind) {
    case 'down':
    case 'coming-back':
    case 'process-gone':
      return 'ends';
    // A check says in its words whether it was refused or only waited.
    case 'check-failed':
    case 'external-down':
      return /\b(late|slow|time(d)? ?out|etimedout)\b/i.test(cause.facts.text) ? 'slow' : 'fails';
    case 'says-failed':
    case 'files-missing':
      return 'fails';
    case 'beat-late':
    case 'not-heard-of':
    case 'host-silent':
    case 'host-down':
    case 'not-fenced':
    case 'overdue':
    case 'status-unreadable':
    case 'store-unreachable':
      return 'silent';
    case 'check-warns':
    case 'check-unsure':
    case 'external-warns':
    case 'says-degraded':
    case 'kill-late':
    case 'model-surprise':
      return 'slow';
    case 'down-as-planned':
    case 'changing':
    case 'up-though-planned-down':
    case 'active-though-not-planned':
    case 'none-active':
    case 'too-few':
    case 'as-reported':
    case 'mode':
      return null;
    default:
      return cause satisfies never;
  }
}

/** To stand before "is how it shows". */
export function harmWords(harm: Harm): string {
  switch (harm) {
    case 'ends':
      return 'an end of the process';
    case 'fails':
      return 'a failing check';
    case 'silent':
      return 'silence';
    case 'slow':
      return 'slowness or errors';
    default:
      return harm satisfies never;
  }
}
