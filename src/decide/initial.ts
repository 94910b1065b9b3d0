// What an agent knows when it begins: who and where it is, and nothing else.

import { monoMs, ms } from '../model/units.ts';
import type { State } from './state.ts';

/** The state of an agent's new life. `boot` names boot and machine; `life` is new for every start. */
export function initialState(who: {
  me: string;
  boot: string;
  machine: string;
  life: string;
  agentPid: number;
}): State {
  return {
    ...who,
    system: null,
    timing: { ttl: ms(2000), room: ms(50) },
    store: { reachable: false, firstReadAt: null, revision: 0, lostAt: null, backAt: null, why: null, reasons: [] },
    keeper: {
      up: false,
      pid: null,
      startTicks: 0,
      answeredAt: null,
      lostAt: null,
      unplaced: [],
      worstKillMs: ms(0),
      worstTimerLateMs: ms(0),
    },
    own: {
      revision: 0,
      epoch: 0,
      entry: null,
      entrySeenAt: null,
      sent: [],
      inFlight: null,
      nextRenewAt: monoMs(0),
      appliedSentAt: null,
      validUntil: null,
      promisedAt: null,
      deposed: false,
      extendedUntil: null,
      list: [],
      machines: {},
      closing: null,
      closed: false,
      saidRule: null,
    },
    ask: null,
    sessions: new Map(),
    leases: new Map(),
    reports: new Map(),
    intents: new Map(),
    fences: new Map(),
    fencing: new Map(),
    incidents: {
      revision: 0,
      list: [],
      writing: null,
      wanted: null,
      stored: null,
      workedAt: null,
      reporterSince: null,
      nextAt: null,
      telling: new Map(),
      toldMarks: [],
      doneNotes: [],
      others: [],
    },
    described: null,
    retired: new Map(),
    slots: new Map(),
    externals: new Map(),
    usable: new Map(),
    away: new Map(),
    everUsable: new Set(),
    leaving: null,
    counter: 0,
    reportSeq: 0,
    reportWrittenSeq: 0,
    reportWrittenAt: null,
    lastReport: null,
    outages: [],
    findings: [],
    facts: {},
    lateness: [],
    carriedOut: new Map(),
    reported: new Map(),
    reportedActive: [],
    remembered: false,
    requests: new Map(),
    nextPlanChangeMs: null,
    wakes: new Map(),
    wakeAt: null,
  };
}
