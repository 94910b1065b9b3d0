// What the console's HTTP side asks, answered: by the agents of this machine over their sockets, by the journals and outputs in the state folder.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountsView, DetailsView } from '../api-web.ts';
import { connectAgent } from '../client.ts';
import type { Vocabulary } from '../cli/explain/words.ts';
import { systemLayout } from '../layout.ts';
import { readDescription } from '../model/read.ts';
import type { System } from '../model/system.ts';
import type { ConsolePort } from '../serve/web/port.ts';
import { openAssessment } from './assess-job.ts';
import { logTail } from './logs.ts';
import { openRecords } from './records.ts';
import { openStatusSource } from './status-source.ts';
import { topologyOf } from './topology.ts';

/** The users serve all requests within this; a role taken away is gone after it. */
const accountsForMs = 1_000;
const detailsWithinMs = 1_500;

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
  let accounts: { readonly view: AccountsView; readonly at: number } | null = null;
  let asking: Promise<AccountsView> | null = null;

  const names = (): readonly string[] => {
    const all = system?.hosts.map((host) => host.name) ?? status.present()?.hosts.map((host) => host.name) ?? [];
    return [of.me, ...all.filter((name) => name !== of.me)];
  };
  /** Their folder lies in this state, so they are of this machine. */
  const here = (): readonly string[] => names().filter((name) => existsSync(layout.host(name).folder));
  const status = openStatusSource(() => here().map((name) => ({ name, socket: layout.host(name).agentSocket })));
  const records = openRecords({
    layout,
    hosts: () => ({ described: names(), here: here() }),
    vocabulary: of.vocabulary,
  });
  const own = connectAgent(layout.host(of.me).agentSocket);

  /** The description in force, read anew only when it is another. */
  const described = async (): Promise<System | null> => {
    try {
      const { text, folder, hash } = await status.agent().description();
      if (hash === '' || hash === system?.hash) return system;
      system = readDescription({ text, folder, file: join(folder, 'standfast.yaml') }).system;
    } catch {
      // The last known counts.
    }
    return system;
  };

  return {
    present: status.present,
    follow: status.follow,
    status: status.fresh,
    failovers: () => status.agent().failovers(),
    intents: () => status.agent().intents(),
    intend: (request) => status.agent().intend(request),
    preview: (request) => status.agent().preview(request),
    ack: (incident, owner) => status.agent().ack(incident, owner),
    runbooks: () => status.agent().runbooks,
    async details() {
      const asked = here().map((name) => connectAgent(layout.host(name).agentSocket, detailsWithinMs).details());
      const found = await Promise.allSettled(asked);
      return found.flatMap((each): DetailsView[] => (each.status === 'fulfilled' ? [each.value] : []));
    },
    async explain(subject, sinceMs) {
      const now = await status.fresh();
      return records.explain(subject, sinceMs, now) ?? records.explain(subject, 0, now);
    },
    journal: (question) => Promise.resolve(records.page(question)),
    pastIncidents: (sinceMs) => Promise.resolve(records.pastIncidents(sinceMs)),
    logs: async (service, host, lines) => {
      const placed = (await described())?.services.find((each) => each.name === service);
      const on = placed?.kind === 'run' ? placed.on.map((place) => place.host) : [];
      const wanted = (name: string): boolean => host === null || name === host;
      return logTail({ layout, service, lines, hosts: here().filter(wanted), described: on.filter(wanted) });
    },
    happenings: (sinceMs) => Promise.resolve(records.happenings(sinceMs)),
    async topology() {
      const found = await described();
      return found === null ? null : topologyOf(found);
    },
    async assessment() {
      return assess(await status.agent().description());
    },
    accounts() {
      if (accounts !== null && performance.now() - accounts.at < accountsForMs) return Promise.resolve(accounts.view);
      asking ??= own
        .accounts()
        .then((view) => {
          accounts = { view, at: performance.now() };
          return view;
        })
        .catch((error: unknown) => {
          // People sign in when things are bad: those last read count while the agent is away.
          if (accounts === null) throw error;
          return accounts.view;
        })
        .finally(() => {
          asking = null;
        });
      return asking;
    },
    described,
  };
}
