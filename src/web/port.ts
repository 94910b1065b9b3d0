// What the console's HTTP side asks, answered: by the agents of this machine over their sockets, by the journals and outputs in the state folder, and
// for hosts of other machines by their agents, asked through one of this machine. What many pages ask at the same moment is asked once.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountsView } from '../api-web.ts';
import { connectAgent } from '../client.ts';
import type { Vocabulary } from '../cli/explain/words.ts';
import { systemLayout } from '../layout.ts';
import { readDescription } from '../model/read.ts';
import type { System } from '../model/system.ts';
import type { ConsolePort, JournalQuestion } from '../serve/web/port.ts';
import { openAssessment } from './assess-job.ts';
import { openDetails } from './details.ts';
import { openFar } from './far.ts';
import { openJournals } from './journals.ts';
import { logTail } from './logs.ts';
import { openRecords } from './records.ts';
import { shared, sharedBy } from './shared.ts';
import { openStatusSource } from './status-source.ts';
import { topologyOf } from './topology.ts';

/** The users serve all requests within this; a role taken away is gone after it. */
const accountsForMs = 1_000;
/** Who has just acted wants to see it; who looks on can wait a moment. */
const [soonMs, calmMs] = [150, 800];
/** Different questions to the journals and outputs whose answers are kept at once. */
const mostQuestions = 24;

interface LogQuestion {
  readonly service: string;
  /** Null: all. */
  readonly host: string | null;
  readonly lines: number;
}

/** For the host `me` of a system in a state folder. */
export function openPort(of: {
  readonly state: string;
  readonly system: string;
  readonly me: string;
  readonly vocabulary: Vocabulary;
}): ConsolePort & { described(): Promise<System | null> } {
  const layout = systemLayout(of.state, of.system);
  const assess = openAssessment(of.state);
  let system: System | null = null;
  let accounts: AccountsView | null = null;

  const names = (): readonly string[] => {
    const all = system?.hosts.map((host) => host.name) ?? status.present()?.hosts.map((host) => host.name) ?? [];
    return [of.me, ...all.filter((name) => name !== of.me)];
  };
  /** Their folder lies in this state, so they are of this machine. */
  const here = (): readonly string[] => names().filter((name) => existsSync(layout.host(name).folder));
  const socketOf = (name: string): string => layout.host(name).agentSocket;
  const status = openStatusSource(() => here().map((name) => ({ name, socket: socketOf(name) })));
  const far = openFar((question) => status.agent().elsewhere(question));
  const hosts = (): { described: readonly string[]; here: readonly string[] } => ({ described: names(), here: here() });
  const details = openDetails({ hosts, socketOf, far });
  const records = openRecords({
    read: openJournals({ layout, hosts, far }),
    impact: (service) => system?.services.find((each) => each.name === service)?.impact ?? null,
    vocabulary: of.vocabulary,
  });
  const own = connectAgent(socketOf(of.me));

  /** The description in force, read anew only when it is another. */
  const described = shared(calmMs, async () => {
    try {
      // While the agent is followed, its status says whether it is still the same.
      if (system !== null && status.followedHash() === system.hash) return system;
      const { text, folder, hash } = await status.agent().description();
      if (hash === '' || hash === system?.hash) return system;
      system = readDescription({ text, folder, file: join(folder, 'standfast.yaml') }).system;
    } catch {
      // The last known counts.
    }
    return system;
  });

  const explain = sharedBy(
    calmMs,
    mostQuestions,
    async ({ subject, sinceMs }: { subject: string; sinceMs: number }) => {
      const [now] = await Promise.all([status.fresh(), described()]);
      return (await records.explain(subject, sinceMs, now)) ?? (await records.explain(subject, 0, now));
    },
  );
  const happenings = sharedBy(calmMs, mostQuestions, (sinceMs: number) => records.happenings(sinceMs));
  const pastIncidents = sharedBy(calmMs, mostQuestions, async (sinceMs: number) => {
    await described();
    return await records.pastIncidents(sinceMs);
  });
  const logs = sharedBy(calmMs, mostQuestions, async (asked: LogQuestion) => {
    const placed = (await described())?.services.find((each) => each.name === asked.service);
    const on = placed?.kind === 'run' ? placed.on.map((place) => place.host) : [];
    const near = here();
    const wanted = (name: string): boolean => asked.host === null || name === asked.host;
    return await logTail({
      layout,
      far,
      service: asked.service,
      lines: asked.lines,
      here: near.filter(wanted),
      others: on.filter((name) => wanted(name) && !near.includes(name)),
    });
  });
  const askAccounts = shared(accountsForMs, async () => {
    try {
      accounts = await own.accounts();
    } catch (error) {
      // People sign in when things are bad: those last read count while the agent is away.
      if (accounts === null) throw error;
    }
    return accounts;
  });

  return {
    present: status.present,
    follow: status.follow,
    status: status.fresh,
    failovers: shared(calmMs, () => status.agent().failovers()),
    intents: shared(soonMs, () => status.agent().intents()),
    intend: (request) => status.agent().intend(request),
    preview: (request) => status.agent().preview(request),
    ack: (incident, owner) => status.agent().ack(incident, owner),
    runbooks: () => status.agent().runbooks,
    details: shared(calmMs, details),
    explain: (subject, sinceMs) => explain({ subject, sinceMs: toSecond(sinceMs) }),
    journal: sharedBy(calmMs, mostQuestions, (question: JournalQuestion) => records.page(question)),
    pastIncidents: (sinceMs) => pastIncidents(toSecond(sinceMs)),
    async incident(id) {
      await described();
      return await records.incident(id);
    },
    logs: (service, host, lines) => logs({ service, host, lines }),
    happenings: (sinceMs) => happenings(toSecond(sinceMs)),
    async topology() {
      const found = await described();
      return found === null ? null : topologyOf(found);
    },
    assessment: shared(calmMs, async () => assess(await status.agent().description())),
    accounts: askAccounts,
    described,
  };
}

/** So that those who ask for the last hour within one second ask the same. */
function toSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
