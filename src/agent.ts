// The agent of one host: the loop and everything around it. Started by the keeper as
// `node agent.ts --state DIR --system NAME --host NAME`; when it ends, services go on and the keeper starts it again.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readlink } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { DetailsView } from './api-web.ts';
import type { AgentAnswers } from './api.ts';
import { MessageDesk } from './act/message-desk.ts';
import { afterStarts } from './agent/after-starts.ts';
import { leavingNote } from './agent/leaving-note.ts';
import { openNotices } from './agent/notices.ts';
import { openAccounts } from './agent/accounts.ts';
import { openDesk } from './agent/answers.ts';
import { openFigures } from './agent/figures.ts';
import { openFindings } from './agent/findings.ts';
import { openConsoleProcess } from './agent/console-process.ts';
import { openDetails } from './agent/details.ts';
import { carryOut, type Hands } from './agent/effects.ts';
import { openElsewhere, openFailovers } from './agent/elsewhere.ts';
import { journalLater } from './agent/journal-later.ts';
import { openKeeperLink, pingEvery, type KeeperLink } from './agent/keeper-link.ts';
import { openLoop, type Loop } from './agent/loop.ts';
import { openOwnHand } from './agent/own-hand.ts';
import { openManagedHere, withManagers } from './agent/managed.ts';
import { ownMachine } from './agent/machine.ts';
import { openRunbooks, type Runbooks } from './agent/runbooks.ts';
import { openPeerRecord } from './agent/peers/say.ts';
import { answerPeer } from './agent/peer-answers.ts';
import { openPeers, type Peers } from './agent/peers.ts';
import { plansFor, type Plans } from './agent/plans.ts';
import { openStoreLink } from './agent/store-link.ts';
import { withStanding } from './agent/standing.ts';
import { withUnheard } from './agent/unheard.ts';
import { openUpkeep } from './agent/upkeep.ts';
import { openManagedEtcd } from './agent/managed-etcd.ts';
import { readPlace } from './store/place.ts';
import { observationsAsInputs } from './agent/observations.ts';
import { openRoleCaller } from './act/role-call.ts';
import type { Because } from './decide/draft.ts';
import type { Input } from './decide/input.ts';
import { initialState } from './decide/initial.ts';
import { openJournal } from './journal/journal.ts';
import { monoNow, wallNow } from './keeper/clock.ts';
import { agentCommand, programFolder } from './agent/command.ts';
import { takeLock } from './keeper/lock.ts';
import { bootId, readStat } from './keeper/proc.ts';
import { realInstances } from './keeper/paths.ts';
import { startKeeper } from './keeper/start-keeper.ts';
import { systemLayout } from './layout.ts';
import { bytes, ms, type Now } from './model/units.ts';
import { openObserver } from './observe/observer.ts';
import { runCommand } from './observe/command.ts';
import { serveAgent } from './serve/server.ts';

// Run once with this alone, it leaves its compiled code, and that of its threads, for the agents that follow.
if (process.argv[2] === '--compile-only') {
  await Promise.all([
    import('./journal/journal-worker.ts'),
    import('./store/embedded-worker.ts'),
    import('./observe/modes/worker.ts'),
  ]);
  process.exit(0);
}
const { values } = parseArgs({
  options: { state: { type: 'string' }, system: { type: 'string' }, host: { type: 'string' } },
});
const { state: stateDir, system: systemName, host: me } = values;
if (stateDir === undefined || systemName === undefined || me === undefined) {
  process.stderr.write('agent: --state, --system and --host are needed; `standfast up` starts it\n');
  process.exit(2);
}

/** Ends that the keeper understands: 64 an invariant broke. It starts another after any end. */
const brokenExit = 64;
const otherAgentExit = 3;
const quitTries = 20;
const quitAgainMs = 100;
const leaveWithinMs = 5000;
const journalKeeps = { maxAgeMs: ms(30 * 86_400_000), maxBytes: bytes(256 << 20) };

const system = systemLayout(stateDir, systemName);
const layout = system.host(me);
const log = (text: string): void => {
  process.stderr.write(`${new Date().toISOString()} agent ${me}: ${text}\n`);
};
const now = (): Now => ({ mono: monoNow(), wall: wallNow() });

// What it writes is for its owner alone; services are the keeper's children and keep the umask of who ran `up`.
process.umask(0o077);
await mkdir(layout.logs, { recursive: true, mode: 0o700 });
// A former life that is stopped, or that another keeper knows nothing of, would fight with this one over sockets, keeper and session.
const other = takeLock(join(layout.folder, 'agent.lock'), 'agent');
if (other !== null) {
  log(other.why);
  process.exit(otherAgentExit);
}
// Hosts made of network namespaces share a boot but are not one machine.
const boot = `${bootId()}:${await readlink('/proc/self/ns/net').catch(() => '')}`;
const machine = await ownMachine(layout.machineFile);
const initial = initialState({ me, boot, machine, life: randomBytes(4).toString('hex'), agentPid: process.pid });

let peers: Peers | null = null;
const earlyEntries: Parameters<Peers['saw']>[0][] = [];
const early: Input[] = [];
const earlyRunbooks: Parameters<Runbooks['saw']>[0][] = [];
let sawRunbook: Runbooks['saw'] = (entry) => void (entry.key.startsWith('runbook/') && earlyRunbooks.push(entry));
let loop: Loop | null = null;
const leaving = leavingNote(layout.leavingFile);
const tell = (input: Input): void => {
  if (loop === null) early.push(input);
  else loop.tell(input);
  const again = input.kind === 'keeperHello' ? leaving.remembered(input.keeper) : null;
  if (again !== null) tell(again);
};
const storePlace = readPlace(system.storeFile);
const storeKind = storePlace.kind;
// First of all the store and the keeper: until both have answered, what is leased here runs towards its deadline.
const store = openStoreLink({
  file: system.storeFile,
  memoryFile: layout.memoryFile,
  descriptionFile: layout.descriptionFile,
  readingFile: layout.readingFile,
  hereFile: system.hereFile,
  tell,
  // etcd tells everybody by itself.
  wrote: () => {
    if (storeKind === 'embedded') peers?.nudge();
  },
  saw: (entry) => {
    sawRunbook(entry);
    if (peers === null) earlyEntries.push(entry);
    else peers.saw(entry);
  },
  log,
});
const journal = journalLater(openJournal({ file: layout.journalFile, host: me, ...journalKeeps }));
const messages = new MessageDesk(monoNow);
let plans: Plans | null = null;
let plansHash = '';
let quitting = false;

const record = (because: Because): void => {
  journal.append({
    atMs: wallNow(),
    kind: because.kind,
    service: because.service,
    instance: because.instance,
    term: because.term,
    rule: because.rule,
    facts: because.facts,
  });
};

// Without what runs here of a managed etcd there may be no store to read.
const managedEtcd = await openManagedEtcd({
  system: systemName,
  me,
  place: storePlace,
  layout,
  keeper: () => keeper,
  state: () => loop?.state() ?? initial,
  now,
  log,
});
const managed = openManagedHere({ file: layout.managedFile, tell, log });
const ownHand = openOwnHand(await realInstances(layout), monoNow);
const keeper: KeeperLink = openKeeperLink({
  socket: layout.keeperSocket,
  tell,
  now: monoNow,
  startKeeper: () =>
    startKeeper(layout, {
      state: stateDir,
      system: systemName,
      host: me,
      cgroup: 'auto',
      agentCommand: agentCommand({ state: stateDir, system: systemName, host: me }),
      agent: { pid: process.pid, startTicks: readStat(process.pid)?.startTicks ?? 0 },
    }),
  pingEveryMs: () => pingEvery(loop?.state().timing.ttl ?? 1000),
  own: managedEtcd?.own ?? null,
  managed,
  seen: (ended) => ownHand.seen(ended),
  log,
});
const talk = await openPeers({
  me,
  machine,
  system,
  layout,
  wall: wallNow,
  log,
  changed: () => peerRecord?.look(),
  events: {
    nudged: () => store.nudged(),
    report: (host, report) => tell({ kind: 'peerReport', host, report }),
    asked: (from, ask, epoch) => tell({ kind: 'promiseAsked', from, ask, epoch }),
    answered: (from, whose, ask, given) => tell({ kind: 'promiseAnswered', from, machine: whose, ask, given }),
    called: (what, body) =>
      answerPeer({ host: me, system, details: () => (loop === null ? null : detailsNow()) }, what, body),
    down: (leaveRunning) =>
      tell({
        kind: 'person',
        request: 0,
        owner: 'system',
        why: 'the whole system goes down',
        asks: { kind: 'down', leaveRunning },
      }),
  },
});
peers = talk;
for (const entry of earlyEntries.splice(0)) talk.saw(entry);
const peerRecord = openPeerRecord({
  me,
  store,
  toSay: () => talk.toSay(),
  owned: () => (loop?.state().own.revision ?? 0) > 0,
});
const observer = openObserver({
  now: monoNow,
  onObservations: (batch) => {
    for (const input of observationsAsInputs(batch, (name) => loop?.state().externals.has(name) ?? false)) tell(input);
  },
});
const notices = openNotices({ now: monoNow, runCommand, tell, log });
const figures = openFigures();
// Services first: detectors and pages can wait.
const started = afterStarts(() => loop?.state() ?? initial);
const findings = openFindings({
  layout,
  state: () => loop?.state() ?? initial,
  now,
  plans: () => plans,
  after: started,
  tell,
  looked: (look) => figures.looked(look),
  log,
});
const upkeep = openUpkeep({ layout, now: monoNow, tell, note: record });
const accounts = openAccounts(store.opened);
const details = openDetails(now);
const pages = openConsoleProcess({
  state: stateDir,
  system: systemName,
  host: me,
  logFile: layout.consoleLog,
  after: started,
  log,
});
const desk = openDesk({
  state: () => loop?.state() ?? initial,
  now,
  tell,
  storeKind,
  messages,
  failovers: openFailovers({
    files: () => hostsOf(true).map((host) => system.host(host).journalFile),
    others: () => hostsOf(false),
    peers: talk,
    now: monoNow,
  }),
  looks: () => findings.looks(),
  description: store.description,
  whyNotSameStore: (described) => store.whyNotSame(described),
  spreadDown: (leaveRunning) => talk.down(leaveRunning),
  console: {
    details: () => detailsNow(),
    accounts: () => accounts.read(),
    putAccount: (...of) => accounts.put(...of),
    removeAccount: (...of) => accounts.remove(...of),
    view: () => pages.view(),
  },
});
const runbooks = openRunbooks({
  me,
  state: stateDir,
  folder: layout.folder,
  programs: programFolder,
  system: () => loop?.state().system ?? null,
  status: () => ((loop?.state().system ?? null) === null ? null : desk.answers.status()),
  plans: () => plans,
  output: (service) => layout.output(service),
  async txn(compares, puts, timeoutMs) {
    const answer = await (store.opened()?.txn(compares, puts, timeoutMs) ??
      Promise.resolve({ kind: 'unknown' as const, why: 'the store is not open' }));
    if (answer.kind === 'applied' && storeKind === 'embedded') peers?.nudge();
    return answer;
  },
  nowMs: wallNow,
  note: (of) => record({ ...of, term: null, rule: null }),
});
sawRunbook = runbooks.saw;
for (const entry of earlyRunbooks.splice(0)) runbooks.saw(entry);
const answers: AgentAnswers = {
  ...desk.answers,
  status: () =>
    withManagers(
      runbooks.withNext(
        withStanding(withUnheard(desk.answers.status(), talk.states()), loop?.state() ?? initial, monoNow()),
      ),
      { system: loop?.state().system ?? null, me, managed },
    ),
  runbooks: runbooks.answers,
  elsewhere: openElsewhere(talk),
};
const hands: Hands = {
  keeper,
  ownHand,
  store,
  peers: talk,
  observer,
  caller: openRoleCaller({ now: monoNow, desk: messages, runCommand }),
  plans: () => plans,
  now: monoNow,
  tell,
  notify: notices.send,
  answer: (effect) => desk.answered(effect.request, effect.answer),
  quit: (leaveRunning) => void quit(leaveRunning),
  running: (service, instance) => upkeep.running(service, instance, plans),
};

loop = openLoop({
  initial,
  now,
  act: (effect, state) => {
    if (state.system !== null && state.system.hash !== plansHash) useSystem(state.system);
    carryOut(effect, state, hands);
  },
  record,
  broken: (error, input) => {
    log(
      `an invariant is broken, this agent stops; services go on. Input: ${input.kind}. ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    journal.append({
      atMs: wallNow(),
      kind: 'broken',
      service: null,
      instance: null,
      term: null,
      rule: null,
      facts: { why: String(error), input: input.kind },
    });
    void journal.flush().finally(() => process.exit(brokenExit));
  },
  stepped: (state) => {
    peerRecord.look();
    if (state.system !== null && state.system.hash !== plansHash) useSystem(state.system);
    details.stepped(state);
    leaving.look(state);
    desk.changed();
  },
});
for (const input of early.splice(0)) loop.tell(input);
const server = await serveAgent({
  socket: layout.agentSocket,
  memberSocket: layout.memberSocket,
  answers,
});
log(`serves ${layout.agentSocket} as pid ${process.pid}`);

// An agent is as a rule killed, not ended: what was compiled is written now, so that the next is back in a fraction of the time.
setImmediate(flushCompileCache);

process.on('SIGTERM', () => void leave(0));
process.on('SIGINT', () => undefined);

/** The described hosts whose state folders lie here, or elsewhere. */
function hostsOf(here: boolean): string[] {
  const names = (loop?.state().system?.hosts ?? []).map((host) => host.name);
  return names.filter((name) => existsSync(system.host(name).folder) === here);
}

/** What pages of this console, or of another host's, ask for. */
function detailsNow(): DetailsView {
  return { ...details.view(loop?.state() ?? initial, now()), figures: figures.view() };
}

/** Another description: what is planned, watched, told and talked to follows it. */
function useSystem(described: NonNullable<ReturnType<Loop['state']>['system']>): void {
  plansHash = described.hash;
  plans = plansFor(described, me ?? '', layout);
  talk.use(described);
  notices.use(described);
  upkeep.observeExternals(described, observer);
  pages.use(described.hash, described.console !== null);
}

/** Everything here is down, or is to be left alone: keeper and agent end. */
async function quit(leaveRunning: boolean): Promise<void> {
  if (quitting) return;
  quitting = true;
  await journal.flush();
  // The last that this host needed of the store is done.
  if (!leaveRunning) await managedEtcd?.own?.stop();
  let answer = await keeper.quit({ leave: leaveRunning });
  // What we had killed and do not know may yet be dying. A keeper that stays would start another agent, and that one all the services.
  for (let tries = 0; answer.kind === 'failed' && tries < quitTries; tries++) {
    await pause(quitAgainMs);
    answer = await keeper.quit({ leave: leaveRunning });
  }
  if (answer.kind === 'failed') {
    log(`something is left running: ${answer.why}`);
    await keeper.quit({ leave: true });
  }
  await leave(0);
}

/** Ends this agent only. Its socket goes last: who waits for it to be gone sees it then. */
async function leave(code: number): Promise<void> {
  // A disk that stalls holds nobody up for ever.
  setTimeout(() => process.exit(code), leaveWithinMs);
  loop?.stop();
  managedEtcd?.close();
  runbooks.close();
  pages.close();
  keeper.close();
  await managed.close();
  observer.close();
  notices.close();
  upkeep.close();
  findings.close();
  peerRecord.close();
  await talk.close();
  await store.close();
  await journal.close();
  await server.close();
  process.exit(code);
}
