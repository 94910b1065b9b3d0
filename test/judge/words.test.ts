import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationWords, reasonWords, someNames } from '../../src/judge/words.ts';
import type { PlannedDown, Reason } from '../../src/judge/reason.ts';

const down = { exitCode: null, exitSignal: null, startError: null, tries: 0, nextInMs: null };

test('every reason has its words', () => {
  const cases: readonly [Reason, string][] = [
    [{ kind: 'down-as-planned', facts: { because: 'schedule' } }, 'down as scheduled'],
    [
      { kind: 'down', facts: { ...down, exitSignal: 'SIGKILL', tries: 7, nextInMs: 40_000 } },
      'down: ended by SIGKILL, tried 7 times, next in 40 s',
    ],
    [{ kind: 'down', facts: { ...down, exitCode: 3, tries: 1 } }, 'down: ended with exit status 3, tried once'],
    [{ kind: 'down', facts: { ...down, startError: 'no such file' } }, 'down: it could not be started (no such file)'],
    [
      { kind: 'down', facts: { ...down, exitSignal: 'SIGKILL', activateError: 'SF-620' } },
      'down: it could not be made active (SF-620)',
    ],
    [{ kind: 'down', facts: down }, 'down'],
    [
      { kind: 'coming-back', facts: { ...down, exitSignal: 'SIGKILL', phase: 'starting', planned: 'standby' } },
      'coming back, starting now, standby next: ended by SIGKILL',
    ],
    [{ kind: 'not-heard-of', facts: { planned: 'active' } }, 'nothing heard of it, it should be active'],
    [{ kind: 'not-heard-of', facts: { planned: 'down' } }, 'nothing heard of it, it could not take over'],
    [
      {
        kind: 'down',
        facts: { ...down, exitSignal: 'SIGKILL', endedBecause: 'not ready in time: HTTP 503', tries: 2 },
      },
      'down: ended by Standfast: not ready in time: HTTP 503, tried 2 times',
    ],
    [
      { kind: 'down', facts: { ...down, exitSignal: 'SIGKILL', endedBecause: 'beat-late' } },
      'down: ended by Standfast: no heartbeat',
    ],
    [
      {
        kind: 'down',
        facts: { ...down, exitSignal: 'SIGKILL', endedBecause: 'check-failed: tcp 127.0.0.1:80: connection refused' },
      },
      'down: ended by Standfast: a check failed: tcp 127.0.0.1:80: connection refused',
    ],
    [
      { kind: 'down', facts: { ...down, exitCode: 0, endedBecause: 'left-behind' } },
      'down: it ended with exit status 0 and left processes behind, which were ended too: it seems to go into the background. Run it in the foreground, or by `manager: { command: … }`',
    ],
    [
      { kind: 'down', facts: { ...down, exitSignal: 'SIGUSR1', endedBecause: 'deaf' } },
      'down: ended by SIGUSR1, by which it is made active: it does not handle that signal',
    ],
    [
      { kind: 'changing', facts: { phase: 'starting', planned: 'active', notYet: 'not ready yet: HTTP 503' } },
      'starting (not ready yet: HTTP 503)',
    ],
    [{ kind: 'changing', facts: { phase: 'starting', planned: 'active' } }, 'starting'],
    [{ kind: 'changing', facts: { phase: 'standby', planned: 'active' } }, 'standby, to be active'],
    [
      { kind: 'overdue', facts: { phase: 'starting', planned: 'active', forMs: 12_000, withinMs: 10_000 } },
      'starting for 12 s instead of 10 s at most, to be active',
    ],
    [
      { kind: 'up-though-planned-down', facts: { phase: 'active', because: 'asked' } },
      'active, though it should be down as somebody asked',
    ],
    [{ kind: 'active-though-not-planned', facts: { planned: 'standby' } }, 'active, though it should be standby'],
    [{ kind: 'process-gone', facts: {} }, 'its process is gone'],
    [
      { kind: 'beat-late', facts: { silentMs: 1960, toleratedMs: 1900 } },
      'no heartbeat for 2 s, at most 1.9 s by how it beat before',
    ],
    [{ kind: 'says-failed', facts: { failed: [] } }, 'it says that it has failed'],
    [{ kind: 'says-failed', facts: { failed: ['db', 'disk'] } }, 'it says that it has failed: db and disk'],
    [
      { kind: 'says-degraded', facts: { failed: ['db'], degraded: ['disk'] } },
      'it says that it is degraded: db failed and disk',
    ],
    [
      { kind: 'status-unreadable', facts: { why: 'timed out', timesInARow: 2, enough: 2 } },
      'no status from it: timed out, 2 times in a row',
    ],
    [
      { kind: 'check-failed', facts: { check: 'tcp x', text: 'refused\nmore', timesInARow: 1, enough: 2 } },
      'check tcp x failed: refused, 1 of the 2 times that count',
    ],
    [{ kind: 'check-failed', facts: { check: 'tcp x', text: '', timesInARow: 1, enough: 1 } }, 'check tcp x failed'],
    [{ kind: 'check-warns', facts: { check: 'disk', text: 'x'.repeat(200) } }, `check disk warns: ${'x'.repeat(119)}…`],
    [
      { kind: 'check-unsure', facts: { check: 'disk', text: 'no such command' } },
      'check disk could not tell: no such command',
    ],
    [{ kind: 'files-missing', facts: { files: ['etc/a'] } }, 'not as declared or missing: etc/a'],
    [
      { kind: 'none-active', facts: { forMs: 1400, waitsFor: 'catch-up' } },
      'none is active for 1.4 s, waiting for catch-up',
    ],
    [{ kind: 'none-active', facts: { forMs: null, waitsFor: null } }, 'none is active'],
    [{ kind: 'too-few', facts: { active: 1, needed: 2 } }, '1 active, and the load needs 2'],
    [{ kind: 'host-silent', facts: { host: 'b', forMs: 900 } }, 'host b is silent for 900 ms'],
    [{ kind: 'host-down', facts: { host: 'b' } }, 'host b is down'],
    [{ kind: 'external-down', facts: { check: 'tcp', text: 'refused' } }, 'does not answer: check tcp failed: refused'],
    [{ kind: 'external-warns', facts: { check: 'tcp', text: 'slow' } }, 'check tcp warns: slow'],
    [{ kind: 'store-unreachable', facts: { why: 'disk full' } }, 'the store does not answer: disk full'],
    [
      { kind: 'kill-late', facts: { tookMs: 80, roomMs: 50 } },
      'a kill took 80 ms, 50 ms was allowed: two may have been active at once',
    ],
    [{ kind: 'as-reported', facts: { text: 'said so' } }, 'said so'],
    [{ kind: 'as-reported', facts: { text: '' } }, 'no reason was given'],
  ];
  for (const [reason, words] of cases) assert.equal(reasonWords(reason), words);
});

test('every planned outage has its words', () => {
  const all: readonly PlannedDown[] = [
    'policy',
    'schedule',
    'finished',
    'asked',
    'maintenance',
    'ban',
    'needs',
    'unsaid',
  ];
  const words = all.map((because) => reasonWords({ kind: 'down-as-planned', facts: { because } }));
  assert.equal(new Set(words).size, all.length);
});

test('durations', () => {
  const cases: readonly [number, string][] = [
    [-5, '0 ms'],
    [0.4, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1400, '1.4 s'],
    [9940, '9.9 s'],
    [9950, '10 s'],
    [119_400, '119 s'],
    [119_600, '2 min'],
    [7_140_000, '119 min'],
    [7_200_000, '2 h'],
    [7_500_000, '2 h 5 min'],
    [3 * 86_400_000, '3 d'],
  ];
  for (const [given, words] of cases) assert.equal(durationWords(given), words);
});

test('names', () => {
  assert.deepEqual(
    [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd', 'e']].map((names) =>
      someNames(names),
    ),
    ['none', 'a', 'a and b', 'a, b and c', 'a, b, c and 1 more', 'a, b, c and 2 more'],
  );
});
