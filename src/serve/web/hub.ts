// The live picture for all open pages: one comparison and one text for a change, however many pages look on. Who comes back after a short
// break gets what he missed; who was away for longer, or reads too slowly, gets the whole.

import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ConsoleStatus, Pulse, StatusDelta, StatusOrigin } from '../../api-web.ts';
import type { HostView, ServiceView } from '../../api.ts';

interface Hub {
  /** Takes the response over. `lastId` is what the page says it heard last. False: too many look on already. */
  add(response: ServerResponse, lastId: string | null): boolean;
  /** How many pages look on. */
  readonly size: number;
  close(): void;
}

/** Where the picture comes from. */
export interface HubSource {
  /** The newest picture; null before the first. */
  readonly present: () => ConsoleStatus | null;
  /** Called back after every change; only followed while somebody looks on. */
  readonly follow: (changed: () => void) => () => void;
}

/** Pages that are kept live at once. */
const mostPages = 256;
/** Changes that a page may have missed. */
const kept = 256;
/** So that a page can tell a quiet system from a dead server. */
const pulseMs = 2_000;
/** Ten pictures a second are live enough, and bound what a storm of changes costs. */
const gatherMs = 100;

/** Opens the hub; it works only while pages look on. */
export function openHub(source: HubSource): Hub {
  const pages = new Set<ServerResponse>();
  const behind = new Set<ServerResponse>();
  /** Another life of this process counts anew. */
  const life = randomBytes(4).toString('hex');
  const recent: { readonly seq: number; readonly text: string }[] = [];
  let seq = 0;
  let shown: ConsoleStatus | null = null;
  let parts = new Map<string, string>();
  let whole: { readonly seq: number; readonly text: string } | null = null;
  let unfollow: (() => void) | null = null;
  let pulse: NodeJS.Timeout | null = null;
  let gather: NodeJS.Timeout | null = null;

  const wholeText = (): string | null => {
    if (shown === null) return null;
    if (whole?.seq !== seq)
      whole = { seq, text: `id: ${life}-${seq}\nevent: status\ndata: ${JSON.stringify(shown)}\n\n` };
    return whole.text;
  };
  const send = (page: ServerResponse, text: string): void => {
    if (page.writableNeedDrain) behind.add(page);
    else page.write(text);
  };
  const sendWhole = (page: ServerResponse): void => {
    const text = wholeText();
    if (text === null) return;
    behind.delete(page);
    page.write(text);
  };

  const look = (): void => {
    gather = null;
    const present = source.present();
    if (present === null || present === shown) return;
    const first = shown === null;
    const found = compared(parts, shown, present);
    parts = found.parts;
    shown = present;
    if (found.delta === null) return;
    seq += 1;
    if (first) {
      for (const page of pages) sendWhole(page);
      return;
    }
    const text = `id: ${life}-${seq}\nevent: delta\ndata: ${JSON.stringify(found.delta)}\n\n`;
    recent.push({ seq, text });
    if (recent.length > kept) recent.shift();
    for (const page of pages) send(page, text);
  };

  const beat = (): void => {
    const present = source.present();
    if (present === null) return;
    const said: Pulse = {
      atMs: Date.now(),
      source: present.source,
      hosts: Object.fromEntries(present.hosts.map((host) => [host.name, host.asOfMs])),
    };
    const text = `event: pulse\ndata: ${JSON.stringify(said)}\n\n`;
    // A pulse that cannot be taken now is not owed.
    for (const page of pages) if (!page.writableNeedDrain) page.write(text);
  };

  const remove = (page: ServerResponse): void => {
    pages.delete(page);
    behind.delete(page);
    if (pages.size > 0) return;
    unfollow?.();
    unfollow = null;
    if (pulse !== null) clearInterval(pulse);
    if (gather !== null) clearTimeout(gather);
    pulse = null;
    gather = null;
    // What changes while nobody looks on is not compared: who comes back then gets the whole.
    recent.length = 0;
    seq += 1;
  };

  const missed = (lastId: string | null): string | null => {
    const [itsLife, last] = (lastId ?? '').split('-');
    const from = Number(last);
    if (itsLife !== life || !Number.isInteger(from) || from > seq) return null;
    if (from === seq) return '';
    const oldest = recent[0]?.seq;
    if (oldest === undefined || oldest > from + 1) return null;
    return recent
      .filter((each) => each.seq > from)
      .map((each) => each.text)
      .join('');
  };

  return {
    get size() {
      return pages.size;
    },
    add(page, lastId) {
      if (pages.size >= mostPages) return false;
      page.on('drain', () => {
        if (behind.has(page)) sendWhole(page);
      });
      page.once('close', () => {
        remove(page);
      });
      page.on('error', () => {
        page.destroy();
      });
      if (pages.size === 0) look();
      pages.add(page);
      unfollow ??= source.follow(() => {
        gather ??= setTimeout(look, gatherMs);
      });
      pulse ??= setInterval(beat, pulseMs);
      const rest = missed(lastId);
      // A first line at once: the page knows then that it is connected.
      page.write('retry: 500\n\n');
      if (rest === null) sendWhole(page);
      else if (rest !== '') page.write(rest);
      return true;
    },
    close() {
      for (const page of pages) {
        remove(page);
        page.end();
      }
    },
  };
}

/** What changed, and the parts as texts for the next comparison. Delta null: nothing that people see. */
function compared(
  before: ReadonlyMap<string, string>,
  was: ConsoleStatus | null,
  now: ConsoleStatus,
): { readonly parts: Map<string, string>; readonly delta: StatusDelta | null } {
  const parts = new Map<string, string>();
  const differs = (key: string, value: unknown): boolean => {
    const text = JSON.stringify(value);
    parts.set(key, text);
    return before.get(key) !== text;
  };
  const { hosts, services, incidents, source, ...head } = now;
  const changedHosts = hosts.filter((host) => differs(`host ${host.name}`, lastingOfHost(host)));
  const changedServices = services.filter((service) => differs(`service ${service.name}`, lastingOfService(service)));
  const incidentsDiffer = differs('incidents', incidents);
  const sourceDiffers = differs('source', lastingOfOrigin(source));
  const { atMs: _atMs, ...lastingHead } = head;
  const headDiffers = differs('head', lastingHead);
  const gone = was !== null && !sameNames(was, now);
  const nothing =
    changedHosts.length === 0 && changedServices.length === 0 && !incidentsDiffer && !sourceDiffers && !headDiffers;
  if (nothing && !gone) return { parts, delta: null };
  return {
    parts,
    delta: {
      head,
      // Another description: what is gone cannot be said by naming what changed.
      ...(gone ? { whole: true as const, hosts, services } : {}),
      ...(!gone && changedHosts.length > 0 ? { hosts: changedHosts } : {}),
      ...(!gone && changedServices.length > 0 ? { services: changedServices } : {}),
      ...(incidentsDiffer ? { incidents } : {}),
      ...(sourceDiffers ? { source } : {}),
    },
  };
}

function sameNames(was: ConsoleStatus, now: ConsoleStatus): boolean {
  return (
    was.services.length === now.services.length &&
    was.hosts.length === now.hosts.length &&
    was.services.every((each, index) => each.name === now.services[index]?.name) &&
    was.hosts.every((each, index) => each.name === now.hosts[index]?.name)
  );
}

/** Without what moves by the clock alone; how old it is comes with the pulse. */
function lastingOfHost(host: HostView): unknown {
  const { asOfMs: _asOfMs, ...lasting } = host;
  return lasting;
}

function lastingOfService(service: ServiceView): unknown {
  const instances = service.instances.map(({ asOfMs: _asOfMs, validForMs: _validForMs, ...lasting }) => lasting);
  return { ...service, instances };
}

function lastingOfOrigin(source: StatusOrigin): unknown {
  const { asOfMs, ...lasting } = source;
  return lasting.agent === 'silent' ? { ...lasting, asOfMs } : lasting;
}
