// What lies on other machines, asked through this machine's agent. Who cannot be asked is named; what is here is shown all the same.

import type { ElsewhereQuestion, JournalLine } from '../api.ts';
import type { AgentClient } from '../client.ts';
import { errorWords } from '../model/error-words.ts';
import type { ChosenSystem } from './context.ts';
import { pause } from './interruption.ts';
import { readJournals } from './journals.ts';
import type { JournalRead } from './journals.ts';
import { findAgent } from './systems.ts';

/** The hosts of the system that are not of this machine; none when no agent answers here. */
export interface Elsewhere {
  readonly hosts: readonly string[];
  /** Of these, where an instance of the service is described. */
  of(service: string): readonly string[];
  ask(question: ElsewhereQuestion): Promise<{ readonly body: unknown } | { readonly why: string }>;
}

/** Looks who is elsewhere. */
export async function elsewhereOf(system: ChosenSystem): Promise<Elsewhere> {
  const agent = await findAgent(system);
  const view = (await agent?.status().catch(() => null)) ?? null;
  const hosts = (view?.hosts ?? []).map((host) => host.name).filter((name) => !system.hosts.includes(name));
  return {
    hosts,
    of(service) {
      const on = view?.services.find((each) => each.name === service)?.instances.map((each) => each.host) ?? [];
      return hosts.filter((host) => on.includes(host));
    },
    ask: (question) => ask(agent, question),
  };
}

async function ask(
  agent: AgentClient | null,
  question: ElsewhereQuestion,
): Promise<{ readonly body: unknown } | { readonly why: string }> {
  if (agent === null) return { why: 'no agent answers here' };
  const answer = await agent
    .elsewhere(question)
    .catch((error: unknown) => ({ ok: false as const, why: errorWords(error) }));
  return answer.ok ? { body: answer.body } : { why: answer.why };
}

/** So many lines of another host's journal at most; in-between ones of a long time are read there. */
const mostLines = 5000;

/** The journals of this machine and of every host that can be asked, by time. */
export async function gatherJournals(
  system: ChosenSystem,
  query: {
    readonly sinceMs?: number | undefined;
    readonly service?: string | undefined;
    readonly kinds?: readonly string[] | undefined;
    readonly limit?: number | undefined;
  },
): Promise<JournalRead> {
  const here = readJournals(system, query);
  const elsewhere = await elsewhereOf(system);
  const unreadable = [...here.unreadable];
  const body = { sinceMs: query.sinceMs, service: query.service, limit: Math.min(query.limit ?? mostLines, mostLines) };
  const asked = await Promise.all(
    elsewhere.hosts.map(async (host) => {
      const answer = await elsewhere.ask({ host, what: 'journal', body });
      if ('body' in answer) return journalLines(answer.body).filter((line) => query.kinds?.includes(line.kind) ?? true);
      unreadable.push(`SF-320 the journal of ${host} is not shown: ${answer.why}. On that host: standfast journal`);
      return [];
    }),
  );
  const lines = [...here.lines, ...asked.flat()].toSorted(
    (one, other) => one.atMs - other.atMs || one.host.localeCompare(other.host) || one.seq - other.seq,
  );
  return { lines: query.limit === undefined ? lines : lines.slice(-query.limit), unreadable };
}

const lookEveryMs = 500;

/** Tells each further line of other hosts' journals until ^C. One that cannot be asked for a while is asked again. */
export async function followFarJournals(
  system: ChosenSystem,
  query: { readonly sinceMs: number; readonly service?: string | undefined },
  signal: AbortSignal,
  tell: (line: JournalLine) => void,
): Promise<void> {
  const elsewhere = await elsewhereOf(system);
  const seen = new Map(elsewhere.hosts.map((host) => [host, { seq: -1, atMs: query.sinceMs }]));
  while (seen.size > 0 && !signal.aborted) {
    for (const [host, last] of seen) {
      const body = { sinceMs: last.atMs, service: query.service, limit: mostLines };
      const answer = await elsewhere.ask({ host, what: 'journal', body });
      if (!('body' in answer)) continue;
      for (const line of journalLines(answer.body)) {
        if (line.seq <= last.seq) continue;
        tell(line);
        seen.set(host, { seq: line.seq, atMs: line.atMs });
      }
    }
    if (!(await pause(lookEveryMs, signal))) break;
  }
}

/** An agent of the same system answered: of its lines only the form is looked at. */
function journalLines(body: unknown): readonly JournalLine[] {
  return Array.isArray(body) ? body.filter(isLine) : [];
}

function isLine(value: unknown): value is JournalLine {
  return (
    typeof value === 'object' &&
    value !== null &&
    'seq' in value &&
    typeof value.seq === 'number' &&
    'atMs' in value &&
    typeof value.atMs === 'number' &&
    'host' in value &&
    typeof value.host === 'string' &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    'because' in value
  );
}
