// Addresses on devices, through one `ip` that is begun beforehand: which device, who else has the address, adding it and taking it away.

import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';

import { AskedProgram } from './asked-program.ts';
import type { Asked } from './asked-program.ts';
import { monoNow } from './clock.ts';
import { internetAddress, isLinkLocal, liesIn, prefixedAddress } from '../model/internet-address.ts';
import type { Route } from '../model/system.ts';

/** An address where it is, or is to be. */
export interface PlacedAddress {
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
  readonly dev: string;
}

/** Who has an address on a network answers within a millisecond or two. Each switch-over waits this long. */
const probeMs = 40;
const lookMs = 4;
/** The discard port: what asks the kernel to find out who has the address. */
const discardPort = 9;

/** Asks and changes what the kernel has of addresses. One `ip` for all. */
export class AddressDevices {
  readonly #ip = new AskedProgram(['ip', '-j', '-force', '-batch', '-'], (line) => (/^\s*\[/.test(line) ? line : null));

  /** Forks: only where no deadline is near. */
  begin(): void {
    this.#ip.begin();
  }

  get ready(): boolean {
    return this.#ip.runs;
  }

  /** The device that the route names, or that has an address of the same network; or why none. */
  async find(route: Route): Promise<{ readonly dev: string; readonly onLink: boolean } | { readonly why: string }> {
    const asked = await this.#ip.ask(['addr show']);
    if (asked.kind !== 'done') return { why: asked.why };
    const wanted = internetAddress(route.address);
    const devices = devicesIn(asked.json);
    const near = devices.filter(({ addresses }) =>
      addresses.some((each) => wanted !== null && each.bits !== wanted.bits && liesIn(wanted, each)),
    );
    if (route.dev !== null) {
      const { dev } = route;
      if (devices.some(({ name }) => name === dev)) return { dev, onLink: near.some(({ name }) => name === dev) };
      return { why: `there is no device ${dev} here, only ${devices.map(({ name }) => name).join(', ')}` };
    }
    const [first] = near;
    return first === undefined
      ? {
          why: `no device here has an address of the network of ${route.address}/${route.prefix}: name one with \`dev\``,
        }
      : { dev: first.name, onLink: true };
  }

  /**
   * Adds it. `lifetime` in whole seconds makes the kernel take it away by itself; null: it stays. Duplicates were probed for already. What this host says
   * unasked goes on bearing its own address (RFC 6724, rule 3): else connections to the store would break each time that the address moves on.
   */
  add(place: PlacedAddress, lifetime: number | null): Promise<Asked> {
    const flags = place.family === 6 ? ' nodad' : place.prefix < 31 ? ' broadcast +' : '';
    return this.#ip.ask([
      `addr replace ${onDevice(place)}${flags}${lifetimes(place, lifetime)}`,
      `addr show to ${place.address}`,
    ]);
  }

  /** A later end for one that was added with a lifetime. */
  prolong(place: PlacedAddress, lifetime: number): Promise<Asked> {
    return this.#ip.ask([
      `addr change ${onDevice(place)}${lifetimes(place, lifetime)}`,
      `addr show to ${place.address}`,
    ]);
  }

  /** True when it is there no more, however that came. Waits for nothing before it asks. */
  async remove(place: PlacedAddress): Promise<boolean> {
    const removed = await this.#ip.ask([`addr del ${onDevice(place)}`, `addr show to ${place.address}`]);
    if (removed.kind === 'done') return !isThere(removed.json, place);
    return (await this.has(place)) === false;
  }

  /** Whether it is there; null: that could not be found out. */
  async has(place: PlacedAddress): Promise<boolean | null> {
    const seen = await this.#ip.ask([`addr show to ${place.address}`]);
    return seen.kind === 'done' ? isThere(seen.json, place) : null;
  }

  /**
   * The link address of another machine that has the address, null when nobody answered. The kernel asks (ARP, RFC 826; neighbour
   * discovery, RFC 4861) as soon as something is sent there. A static entry of the neighbour table says nothing of who is there now.
   */
  async answeredBy(place: PlacedAddress, onLink: boolean): Promise<string | null> {
    const { address, dev } = place;
    if (!onLink) await this.#ip.ask([`route replace ${address} dev ${dev}`, 'addr show dev lo']);
    await this.#ip.ask([`neigh flush to ${address} dev ${dev}`, 'addr show dev lo']);
    const socket = createSocket(place.family === 4 ? 'udp4' : 'udp6');
    socket.on('error', () => undefined);
    try {
      const to = isLinkLocal(address) ? `${address}%${dev}` : address;
      await new Promise<void>((sent) => socket.send('', discardPort, to, () => sent()));
      // On a machine that is short of processors a look takes long: the last one begins when the time is over.
      for (const until = monoNow() + probeMs; ; await pause(lookMs)) {
        const isLast = monoNow() >= until;
        const asked = await this.#ip.ask([`neigh show to ${address} dev ${dev}`]);
        const found = asked.kind === 'done' ? neighbourIn(asked.json) : null;
        if (found !== null || isLast) return found;
      }
    } finally {
      socket.close();
      if (!onLink) await this.#ip.ask([`route del ${address} dev ${dev}`, 'addr show dev lo']);
    }
  }

  close(): void {
    this.#ip.close();
  }
}

/** True when `ip -j addr show` shows the address on the device. */
function isThere(json: unknown, place: PlacedAddress): boolean {
  const wanted = internetAddress(place.address);
  return devicesIn(json).some(
    ({ name, addresses }) => name === place.dev && addresses.some((each) => each.bits === wanted?.bits),
  );
}

function onDevice(place: PlacedAddress): string {
  return `${place.address}/${place.prefix} dev ${place.dev}`;
}

/** One of IPv4 is secondary where the host has another of its network, and so no source; one of IPv6 is none when it is not preferred. */
function lifetimes({ family }: PlacedAddress, seconds: number | null): string {
  if (seconds === null) return family === 6 ? ' valid_lft forever preferred_lft 0' : '';
  return ` valid_lft ${seconds} preferred_lft ${family === 6 ? 0 : seconds}`;
}

interface Device {
  readonly name: string;
  readonly addresses: readonly NonNullable<ReturnType<typeof prefixedAddress>>[];
}

/** Of `ip -j addr show`. What it filters out it shows as empty objects. */
function devicesIn(json: unknown): Device[] {
  if (!Array.isArray(json)) return [];
  const rows: readonly unknown[] = json;
  return rows.flatMap((row) => {
    const name = field(row, 'ifname');
    const list = field(row, 'addr_info');
    if (typeof name !== 'string') return [];
    const infos: readonly unknown[] = Array.isArray(list) ? list : [];
    const addresses = infos.flatMap((info) => {
      const [local, prefix] = [field(info, 'local'), field(info, 'prefixlen')];
      const read =
        typeof local === 'string' && typeof prefix === 'number' ? prefixedAddress(`${local}/${prefix}`) : null;
      return read === null ? [] : [read];
    });
    return [{ name, addresses }];
  });
}

/** Of `ip -j neigh show`: the link address of one that answered. */
function neighbourIn(json: unknown): string | null {
  if (!Array.isArray(json)) return null;
  const rows: readonly unknown[] = json;
  for (const row of rows) {
    const [link, state] = [field(row, 'lladdr'), field(row, 'state')];
    const states: readonly unknown[] = Array.isArray(state) ? state : [];
    if (typeof link === 'string' && !states.includes('FAILED') && !states.includes('PERMANENT')) return link;
  }
  return null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
