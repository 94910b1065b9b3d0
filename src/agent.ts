// The agent of one host: the loop and everything around it. Started by the keeper as
// `node agent.ts --state DIR --system NAME --host NAME`; when it ends, services go on and the keeper starts it again.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
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
import { openEnding } from './agent/ending.ts';
import { carryOut, type Hands } from './agent/effects.ts';
import { openElsewhere, openFailovers } from './agent/elsewhere.ts';
import { openEnvFiles } from './agent/env-files.ts';
import { journalLater } from './agent/journal-later.ts';
import { openKeeperLink, pingEvery, type KeeperLink } from './agent/keeper-link.ts';
import { openLoop, type Loop } from './agent/loop.ts';
import { openOwnHand } from './agent/own-hand.ts';
import { openManagedHere, ownRequests, withManagers } from './agent/managed.ts';
import { openRunbooks, type Runbooks } from './agent/runbooks.ts';
import { openPeerRecord } from './agent/peers/say.ts';
import { answerPeer } from './agent/peer-answers.ts';
import { openPeers, type Peers } from './agent/peers.ts';
import { plansFor, type Plans } from './agent/plans.ts';
import { openStoreLink } from './agent/store-link.ts';
import { withStanding } from './agent/standing.ts';
import { withUnheard } from './agent/unheard.ts';
import { thisHost } from './agent/this-host.ts';
import { unsavedNote } from './agent/unsaved-note.ts';
import { untilTaken } from './agent/until-taken.ts';
import { openUpkeep } from './agent/upkeep.ts';
import { openManagedEtcd } from './agent/managed-etcd.ts';
import { readPlace } from './store/place.ts';
import { observationsAsInputs } from './agent/observations.ts';
import { openObserving } from './agent/observing.ts';
import { openRoleCaller } from './act/role-call.ts';
import type { Because } from './decide/draft.ts';
import type { Input } from './decide/input.ts';
import { initialState } from './decide/initial.ts';
import { openJournal } from './journal/journal.ts';
import { monoNow, wallNow } from './keeper/clock.ts';
import { agentCommand, programFolder } from './agent/command.ts';
import { readStat } from './keeper/proc.ts';
import { openGroupOf } from './keeper/group-of.ts';
import { realInstances } from './keeper/paths.ts';
import { startKeeper } from './keeper/start-keeper.ts';
import { bytes, ms, type Now } from './model/units.ts';
import { openObserver } from './observe/observer.ts';
import { runCommand } from './observe/command.ts';
import { openGround } from './observe/modes/ground.ts';
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
const { stateDir, systemName, me, system, layout, log, boot, machine, umask } = await thisHost();
const journalKeeps = { maxAgeMs: ms(30 * 86_400_000), maxBytes: bytes(256 << 20) };
const now = (): Now => ({ mono: monoNow(), wall: wallNow() });

const initial = initialState({ me, boot, machine, life: randomBytes(4).toString('hex'), agentPid: process.pid });

let peers: Peers | null = null;
let loop: Loop | null = null;
const inputs = untilTaken<Input>();
const forPeers = untilTaken<Parameters<Peers['saw']>[0]>();
const forRunbooks = untilTaken<Parameters<Runbooks['saw']>[0]>();
const leaving = leavingNote(layout.leavingFile);
const unsaved = unsavedNote(layout.unsavedFile);
const tell = (input: Input): void => {
  inputs.give(input);
  const again = input.kind === 'keeperHello' ? leaving.remembered(input.keeper) : null;
  if (again !== null) tell(again);
};
const leftUnsaved = unsaved.remembered();
if (leftUnsaved !== null) tell(leftUnsaved);
const storePlace = readPlace(system.storeFile);
const storeKind = storePlace.kind;
// First of all the store and the keeper: until both have answered, what is leased here runs towards its deadline.
const store = openStoreLink({
  file: system.storeFile,
  me,
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
    forRunbooks.give(entry);
    forPeers.give(entry);
  },
  log,
});
const journal = journalLater(openJournal({ file: layout.journalFile, host: me, ...journalKeeps }));
const messages = new MessageDesk(monoNow);
const ground = openGround({ now: wallNow, mono: monoNow });
const envFiles = openEnvFiles(ground);
let plans: Plans | null = null;
let plansHash = '';

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
const managed = openManagedHere({
  file: layout.managedFile,
  mine: () => ownRequests({ system: loop?.state().system ?? null, plans, me }),
  tell,
  log,
});
const ownHand = openOwnHand(await realInstances(layout), await openGroupOf(), monoNow);
const keeper: KeeperLink = openKeeperLink({
  socket: layout.keeperSocket,
  tell,
  now: monoNow,
  startKeeper: () =>
    startKeeper(
      layout,
      {
        state: stateDir,
        system: systemName,
        host: me,
        cgroup: 'auto',
        agentCommand: agentCommand({ state: stateDir, system: systemName, host: me }),
        agent: { pid: process.pid, startTicks: readStat(process.pid)?.startTicks ?? 0 },
      },
      umask,
    ),
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
forPeers.take(talk.saw);
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
const upkeep = openUpkeep({ layout, ground, now: monoNow, tell, note: record });
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
forRunbooks.take(runbooks.saw);
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
  observing: openObserving(observer),
  caller: openRoleCaller({ now: monoNow, desk: messages, runCommand }),
  plans: () => plans,
  now: monoNow,
  tell,
  notify: notices.send,
  answer: (effect) => desk.answered(effect.request, effect.answer),
  quit: (leaveRunning) => void ending.quit(leaveRunning),
  running: (service, instance) => upkeep.running(service, instance, plans),
};

const ending = openEnding({
  journal,
  keeper: () => keeper,
  storeNotNeeded: async () => {
    await managedEtcd?.own?.stop();
  },
  close: closeAll,
  log,
});
loop = openLoop({
  initial,
  now,
  act: (effect, state) => {
    if (state.system !== null && state.system.hash !== plansHash) useSystem(state.system);
    carryOut(effect, state, hands);
  },
  record,
  broken: (error, input) => ending.broken(error, input),
  stepped: (state) => {
    peerRecord.look();
    if (state.system !== null && state.system.hash !== plansHash) useSystem(state.system);
    details.stepped(state);
    leaving.look(state);
    unsaved.look(state);
    desk.changed();
  },
});
inputs.take(loop.tell);
const server = await serveAgent({
  socket: layout.agentSocket,
  memberSocket: layout.memberSocket,
  answers,
});
log(`serves ${layout.agentSocket} as pid ${process.pid}`);

// An agent is as a rule killed, not ended: what was compiled is written now, so that the next is back in a fraction of the time.
setImmediate(flushCompileCache);

process.on('SIGTERM', () => void ending.leave(0));
process.on('SIGINT', () => undefined);

/** The described hosts whose state folders lie here, or elsewhere. */
function hostsOf(here: boolean): string[] {
  const names = (loop?.state().system?.hosts ?? []).map((host) => host.name);
  return names.filter((name) => existsSync(system.host(name).folder) === here);
}

/** What pages of this console, or of another host's, ask for. */
function detailsNow(): DetailsView {
  return {
    ...details.view(loop?.state() ?? initial, now()),
    figures: figures.view(),
    journal: { lost: journal.lost, trouble: journal.trouble },
  };
}

/** Another description: what is planned, watched, told and talked to follows it. */
function useSystem(described: NonNullable<ReturnType<Loop['state']>['system']>): void {
  plansHash = described.hash;
  plans = plansFor(described, me, layout, envFiles);
  talk.use(described);
  notices.use(described);
  upkeep.use(described);
  upkeep.observeExternals(described, observer);
  pages.use(described.hash, described.console !== null);
}

/** All parts, in order. The agent's socket goes last: who waits for it to be gone sees it then. */
async function closeAll(): Promise<void> {
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
}
