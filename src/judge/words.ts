// Words for reasons: the only place in judge/ that makes sentences, besides sentence.ts. Every value is taken apart field by field,
// and every switch is closed, so that a new kind cannot stay silent.

import type { DownFacts, PlannedDown, Reason } from './reason.ts';
import type { WhyNot } from './lose.ts';

/** A reason in a few plain words without a full stop, to stand after "pricer on a: ". */
export function reasonWords(reason: Reason): string {
  switch (reason.kind) {
    case 'down-as-planned':
      return `down ${plannedWords(reason.facts.because)}`;
    case 'down':
      return `down${endWords(reason.facts)}${triesWords(reason.facts)}`;
    case 'coming-back': {
      const { phase, planned, notYet = null } = reason.facts;
      return `coming back, ${phase} now${notYetWords(notYet)}, ${planned} next${endWords(reason.facts)}${triesWords(reason.facts)}`;
    }
    case 'not-heard-of':
      return reason.facts.planned === 'down'
        ? 'nothing heard of it, it could not take over'
        : `nothing heard of it, it should be ${reason.facts.planned}`;
    case 'changing': {
      const { phase, planned, notYet = null } = reason.facts;
      const to = phase === 'starting' || phase === 'stopping' ? phase : `${phase}, to be ${planned}`;
      return `${to}${notYetWords(notYet)}`;
    }
    case 'overdue': {
      const { phase, planned, forMs, withinMs, notYet = null } = reason.facts;
      return `${phase} for ${durationWords(forMs)} instead of ${durationWords(withinMs)} at most, to be ${planned}${notYetWords(notYet)}`;
    }
    case 'up-though-planned-down':
      return `${reason.facts.phase}, though it should be down ${plannedWords(reason.facts.because)}`;
    case 'active-though-not-planned':
      return `active, though it should be ${reason.facts.planned}`;
    case 'process-gone':
      return 'its process is gone';
    case 'beat-late': {
      const { silentMs, toleratedMs } = reason.facts;
      return `no heartbeat for ${durationWords(silentMs)}, at most ${durationWords(toleratedMs)} by how it beat before`;
    }
    case 'says-failed':
      return `it says that it has failed${listed(reason.facts.failed, ': ')}`;
    case 'says-degraded': {
      const { failed, degraded } = reason.facts;
      return `it says that it is degraded${listed([...failed.map((name) => `${name} failed`), ...degraded], ': ')}`;
    }
    case 'status-unreadable': {
      const { why, timesInARow, enough } = reason.facts;
      return `no status from it${quoted(why)}${timesWords(timesInARow, enough)}`;
    }
    case 'check-failed': {
      const { check, text, timesInARow, enough } = reason.facts;
      return `check ${check} failed${quoted(text)}${timesWords(timesInARow, enough)}`;
    }
    case 'check-warns':
      return `check ${reason.facts.check} warns${quoted(reason.facts.text)}`;
    case 'check-unsure':
      return `check ${reason.facts.check} could not tell${quoted(reason.facts.text)}`;
    case 'files-missing':
      return `not as declared or missing: ${someNames(reason.facts.files)}`;
    case 'none-active': {
      const { forMs, waitsFor } = reason.facts;
      return `none is active${forMs === null ? '' : ` for ${durationWords(forMs)}`}${waitsFor === null ? '' : `, waiting for ${waitsFor}`}`;
    }
    case 'too-few':
      return `${reason.facts.active} active, and the load needs ${reason.facts.needed}`;
    case 'host-silent': {
      const { host, forMs } = reason.facts;
      return `host ${host} is silent${forMs === null ? '' : ` for ${durationWords(forMs)}`}`;
    }
    case 'host-down':
      return `host ${reason.facts.host} is down`;
    case 'not-fenced':
      return `lost, and could not be fenced${quoted(reason.facts.why)}; nobody takes over, since it may still write`;
    case 'external-down':
      return `does not answer: check ${reason.facts.check} failed${quoted(reason.facts.text)}`;
    case 'external-warns':
      return `check ${reason.facts.check} warns${quoted(reason.facts.text)}`;
    case 'store-unreachable':
      return `the store does not answer${quoted(reason.facts.why)}`;
    case 'kill-late': {
      const { tookMs, roomMs } = reason.facts;
      return `a kill took ${durationWords(tookMs)}, ${durationWords(roomMs)} was allowed: two may have been active at once`;
    }
    case 'model-surprise': {
      const { part, tookMs, lowMs, highMs } = reason.facts;
      return `the last recovery's ${part} (${partWords[part]}) took ${durationWords(tookMs)}, and ${durationWords(lowMs)} to ${durationWords(highMs)} was predicted: what check, assess and simulate reckon with no longer holds`;
    }
    case 'mode':
      return reason.facts.text;
    case 'as-reported':
      return reason.facts.text === '' ? 'no reason was given' : reason.facts.text;
    default:
      return unreachable(reason);
  }
}

const partWords = { d: 'detecting', b: 'booting', i: 'becoming active', z: 'all of it' } as const;

/** Why a part can't be lost, to stand after "Not host a: ". `part` is a host or an instance. */
export function whyNotWords(why: WhyNot): string {
  const { part, service, first } = why;
  const needed = first === service ? '' : `, which ${service} needs,`;
  const atEnd = needed.slice(0, -1);
  switch (why.because) {
    case 'already-out':
      return `${service} is out already`;
    case 'runs-only-there':
      return part.includes('@') ? `there is only one ${first}${atEnd}` : `${first}${needed} runs only there`;
    case 'nobody-able':
      return `nobody could take over ${first}${atEnd}`;
    case 'nobody-unasked':
      return `${first}${needed} is taken over by hand only`;
    case 'too-few':
      return `the rest of ${first}${needed} could not carry the load`;
    default:
      return unreachable(why.because);
  }
}

/** `12 s`, `1.4 s`, `250 ms`, `3 min`, `2 h 5 min`, `4 d`: short, and exact enough to act on. */
export function durationWords(durationMs: number): string {
  const whole = Math.max(0, Math.round(durationMs));
  if (whole < 1000) return `${whole} ms`;
  if (whole < 9950) return `${String(Math.round(whole / 100) / 10)} s`;
  const seconds = Math.round(whole / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 12 more`. */
export function someNames(names: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
  const shown = names.slice(0, 3);
  if (names.length > shown.length) return `${shown.join(', ')} and ${names.length - shown.length} more`;
  const last = shown.at(-1) ?? 'none';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

function plannedWords(because: PlannedDown): string {
  switch (because) {
    case 'policy':
      return 'as its policy wants it';
    case 'schedule':
      return 'as scheduled';
    case 'finished':
      return 'as it has finished';
    case 'asked':
      return 'as somebody asked';
    case 'maintenance':
      return 'as its host is in maintenance';
    case 'ban':
      return 'as its host is banned';
    case 'removed':
      return 'as it is described there no longer';
    case 'needs':
      return 'until what it needs is there';
    case 'unsaid':
      return 'as planned';
    default:
      return unreachable(because);
  }
}

function endWords(facts: DownFacts): string {
  const { exitCode, exitSignal, endedBecause = null, startError, activateError = null } = facts;
  if (startError !== null) return `: it could not be started (${startError})`;
  if (activateError !== null) return `: it could not be made active (${activateError})`;
  if (endedBecause === 'left-behind')
    return ': it ended with exit status 0 and left processes behind, which were ended too: it seems to go into the background. Run it in the foreground, or by `manager: { command: … }`';
  if (endedBecause === 'deaf')
    return `: ended by ${exitSignal ?? 'a signal'}, by which it is made active: it does not handle that signal`;
  if (endedBecause !== null) return `: ended by Standfast${quoted(endedWords(endedBecause))}`;
  if (exitSignal !== null) return `: ended by ${exitSignal}`;
  return exitCode === null ? '' : `: ended with exit status ${exitCode}`;
}

/** The kind of what made it unfit, and after a colon what was said. */
function endedWords(because: string): string {
  const at = because.indexOf(': ');
  return at === -1 ? kindWords(because) : kindWords(because.slice(0, at)) + because.slice(at);
}

function kindWords(because: string): string {
  switch (because) {
    case 'beat-late':
      return 'no heartbeat';
    case 'check-failed':
      return 'a check failed';
    case 'overdue':
      return 'it took too long';
    case 'process-gone':
      return 'its process was gone';
    case 'says-failed':
      return 'it said that it had failed';
    case 'status-unreadable':
      return 'no status from it';
    default:
      return because;
  }
}

function notYetWords(notYet: string | null): string {
  return notYet === null ? '' : ` (${quoted(notYet).slice(2)})`;
}

function triesWords(facts: DownFacts): string {
  const { tries, nextInMs } = facts;
  const tried = tries === 0 ? '' : `, tried ${tries === 1 ? 'once' : `${tries} times`}`;
  return `${tried}${nextInMs === null ? '' : `, next in ${durationWords(nextInMs)}`}`;
}

function timesWords(timesInARow: number, enough: number): string {
  if (timesInARow < enough) return `, ${timesInARow} of the ${enough} times that count`;
  return timesInARow > 1 ? `, ${timesInARow} times in a row` : '';
}

/** What somebody else said: the first line, and not more than fits one. */
function quoted(text: string): string {
  const line = (text.split('\n', 1)[0] ?? '').trim();
  if (line === '') return '';
  return `: ${line.length > 120 ? `${line.slice(0, 119)}…` : line}`;
}

function listed(names: readonly string[], before: string): string {
  return names.length === 0 ? '' : `${before}${someNames(names)}`;
}

function unreachable(value: never): never {
  throw new Error(`no words for ${JSON.stringify(value)}`);
}
