// What people and programs may look at.

import type { BudgetView, ConsoleStatus, DetailsView } from '../../api-web.ts';
import type { FailoverView, IncidentView } from '../../api.ts';
import { z } from 'zod';
import { budgetOf } from './budget.ts';
import type { ConsolePort } from './port.ts';
import { agentSilent, noSuch } from './refuse.ts';
import { asked } from './routes-act.ts';
import { route, type RouteRow } from './route.ts';
import {
  assessmentShape,
  budgetShape,
  explanationShape,
  failoversShape,
  happeningsShape,
  hostShape,
  incidentShape,
  incidentsShape,
  intentsShape,
  journalQuery,
  journalShape,
  logQuery,
  logsShape,
  nameShape,
  serviceShape,
  sinceShape,
  statusShape,
  topologyShape,
  usersShape,
  usualSinceMs,
} from './shapes.ts';

const named = z.object({ name: nameShape });

/** The routes that only show. */
export function lookRoutes(port: ConsolePort): readonly RouteRow[] {
  const since = (sinceMs: number | undefined): number => sinceMs ?? Date.now() - usualSinceMs;
  return [
    route({
      method: 'GET',
      path: '/api/v1/status',
      access: 'look',
      about: 'How it stands: what `standfast status --json` shows, and how old that is.',
      answer: statusShape,
      handle: () => demandStatus(port),
    }),
    route({
      method: 'GET',
      path: '/api/v1/incidents',
      access: 'look',
      about: 'Open incidents, and past ones since `sinceMs` (24 h), newest first.',
      query: sinceShape,
      answer: incidentsShape,
      async handle({ query }) {
        const [{ incidents: open }, past] = await Promise.all([
          demandStatus(port),
          port.pastIncidents(since(query.sinceMs)),
        ]);
        return { open, past: past.filter((each) => !open.some((other) => other.id === each.id)) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/incidents/{name}',
      access: 'look',
      about: 'One incident: as it stands, if open, and its story.',
      params: named,
      answer: incidentShape,
      async handle({ params }) {
        const [status, explanation, failovers] = await Promise.all([
          port.status(),
          port.explain(params.name, 0),
          // Without an agent the journal still tells the story.
          port.failovers().catch(() => []),
        ]);
        const incident =
          status?.incidents.find((each) => each.id === params.name) ?? (await port.incident(params.name));
        if (incident === null && explanation === null) throw noSuch(`there is no incident ${params.name}`);
        return { incident, explanation, failovers: incident === null ? [] : failovers.filter(during(incident)) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/services/{name}',
      access: 'look',
      about: 'One service: as it stands, as described, what was measured, its checks and failovers.',
      params: named,
      answer: serviceShape,
      async handle({ params: { name } }) {
        const status = await demandStatus(port);
        const service = status.services.find((each) => each.name === name);
        if (service === undefined) throw noSuch(`there is no service ${name}`);
        const [details, failovers, topology] = await Promise.all([port.details(), port.failovers(), port.topology()]);
        return {
          service,
          described: topology?.services.find((each) => each.name === name) ?? null,
          measured: newestMeasured(details.of).filter((each) => each.service === name),
          checks: details.of.flatMap((each) => each.checks).filter((each) => each.service === name),
          failovers: failovers.filter((each) => each.service === name),
          missing: details.missing.filter(({ host }) => service.instances.some((each) => each.host === host)),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/hosts/{name}',
      access: 'look',
      about: 'One host: as it stands, its domains, what runs there.',
      params: named,
      answer: hostShape,
      async handle({ params: { name } }) {
        const status = await demandStatus(port);
        const host = status.hosts.find((each) => each.name === name);
        if (host === undefined) throw noSuch(`there is no host ${name}`);
        const [topology, details] = await Promise.all([port.topology(), port.details()]);
        const described = topology?.hosts.find((each) => each.name === name);
        return {
          host,
          address: described?.address ?? null,
          domains: (topology?.domains ?? [])
            .filter((domain) => isIn(domain.name, described?.in ?? [], topology?.domains ?? []))
            .map((domain) => ({ name: domain.name, kind: domain.kind })),
          figures: details.of.find((each) => each.host === name)?.figures ?? null,
          missing: details.missing.filter((each) => each.host === name),
          runs: status.services.flatMap((service) =>
            service.instances
              .filter((instance) => instance.host === name)
              .map((instance) => ({ service: service.name, instance })),
          ),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/explain/{name}',
      access: 'look',
      about: 'Why a service, an incident or a decision (`4711@a`) is as it is, from the journal.',
      params: named,
      query: sinceShape,
      answer: explanationShape,
      async handle({ params, query }) {
        const found = await port.explain(params.name, query.sinceMs ?? Date.now() - 3_600_000);
        if (found === null) throw noSuch(`there is no service, incident or decision ${params.name}`);
        return found;
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/failovers',
      access: 'look',
      about: 'Failovers with d, s, b, i, z as measured, oldest first.',
      answer: failoversShape,
      handle: () => asked(port.failovers()),
    }),
    route({
      method: 'GET',
      path: '/api/v1/intents',
      access: 'look',
      about: 'All that people asked for and that is in force.',
      answer: intentsShape,
      handle: () => asked(port.intents()),
    }),
    route({
      method: 'GET',
      path: '/api/v1/journal',
      access: 'look',
      about: 'The record, oldest first; the newest `limit` lines that fit.',
      query: journalQuery,
      answer: journalShape,
      handle: ({ query }) =>
        port.journal({
          sinceMs: query.sinceMs ?? null,
          untilMs: query.untilMs ?? null,
          service: query.service ?? null,
          host: query.host ?? null,
          kinds: query.kind === undefined ? null : [query.kind].flat(),
          incident: query.incident ?? null,
          search: query.q === undefined || query.q.trim() === '' ? null : query.q.trim(),
          limit: query.limit,
        }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/logs/{name}',
      access: 'look',
      about: 'The last lines that a service wrote, by host. Very long lines are cut.',
      params: named,
      query: logQuery,
      answer: logsShape,
      handle: ({ params, query }) => port.logs(params.name, query.host ?? null, query.lines),
    }),
    route({
      method: 'GET',
      path: '/api/v1/budget',
      access: 'look',
      about: 'The outage budget: what was used, by which outages, and how it went.',
      answer: budgetShape,
      async handle(): Promise<BudgetView> {
        const [status, details] = await Promise.all([demandStatus(port), port.details()]);
        const topology = await port.topology();
        return budgetOf(status, details.of[0]?.outages ?? [], topology?.serves ?? null, Date.now());
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/measured',
      access: 'look',
      about: 'b, i and s as measured lately, of every instance.',
      answer: z.array(z.unknown()),
      handle: async () => newestMeasured((await port.details()).of),
    }),
    route({
      method: 'GET',
      path: '/api/v1/timeline',
      access: 'look',
      about:
        'What happened since `sinceMs` (24 h): failovers, restarts, incidents, people’s acts, descriptions. Oldest first.',
      query: sinceShape,
      answer: happeningsShape,
      handle: ({ query }) => port.happenings(since(query.sinceMs)),
    }),
    route({
      method: 'GET',
      path: '/api/v1/topology',
      access: 'look',
      about: 'What is described: domains, hosts, services and what they need.',
      answer: topologyShape,
      async handle() {
        const found = await port.topology();
        if (found === null) throw agentSilent('no description is known yet');
        return found;
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/assessment',
      access: 'look',
      about: 'What the system survives: what `standfast assess --json` prints. `computing`: ask again.',
      answer: assessmentShape,
      handle: () => port.assessment(),
    }),
    route({
      method: 'GET',
      path: '/api/v1/users',
      access: 'administer',
      about: 'Who may sign in with a password, and what they may.',
      answer: usersShape,
      async handle() {
        const { accounts } = await asked(port.accounts());
        return accounts.map(({ name, role, changedAtMs, by }) => ({ name, role, changedAtMs, by }));
      },
    }),
  ];
}

async function demandStatus(port: ConsolePort): Promise<ConsoleStatus> {
  const status = await port.status();
  if (status === null) throw agentSilent('it has not answered since this console was started');
  return status;
}

/** Each agent knows all hosts; its own it knows best. */
function newestMeasured(details: readonly DetailsView[]): DetailsView['measured'] {
  const byName = new Map<string, DetailsView['measured'][number]>();
  for (const { host, measured } of details)
    for (const each of measured) {
      const key = `${each.service}@${each.host}`;
      if (each.host === host || !byName.has(key)) byName.set(key, each);
    }
  return [...byName.values()];
}

/** Recoveries of what an incident names, while it was open or from what opened it. */
function during({ service, also, sinceMs, resolvedAtMs }: IncidentView): (failover: FailoverView) => boolean {
  const services = new Set([service, ...also.map((each) => each.split('@', 1)[0])]);
  const [fromMs, toMs] = [sinceMs - aroundMs, (resolvedAtMs ?? Infinity) + aroundMs];
  return (each) => services.has(each.service) && each.atMs >= fromMs && each.atMs <= toMs;
}

/** An incident is opened a moment after what it is about, and over a moment after it was mended. */
const aroundMs = 10_000;

/** A domain that one of these lies in, at any depth. */
function isIn(
  name: string,
  starts: readonly string[],
  domains: readonly { name: string; in: readonly string[] }[],
): boolean {
  const seen = new Set<string>();
  const open = [...starts];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === name) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(domains.find((each) => each.name === next)?.in ?? []));
  }
  return false;
}
