// The kernel's own hand on an address: nftables sets whose elements run out by themselves. The host answers ARP, neighbour discovery and
// traffic for an address that is in `held` only while it is also in `live`, where it stays until its deadline and no longer. So an address that a
// killed keeper leaves on its device is answered by nobody. One table for all keepers of a network namespace: they share its devices too.
//
// A request that is carried out late revives nothing: `open` takes away the element of `armed` that `shut` put there for half a second, `renew`
// takes away the element that it replaces, and a transaction whose element is gone fails as a whole.
//
// Each element bears its keeper's key as a comment: so the next keeper of the same host knows what an earlier one left open from what another keeper of
// this machine has open now.

import { AskedProgram } from './asked-program.ts';
import type { Asked } from './asked-program.ts';
import { monoNow } from './clock.ts';
import { internetAddress } from '../model/internet-address.ts';
import type { MonoMs } from '../model/units.ts';

interface FilteredAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Between `shut` and `open` the address is probed for; a later `open` was forgotten by everybody else, and fails. */
export const armedMs = 500;
/** Taken off every timeout: what lies between reading our clock and the kernel's reading of its own. */
const aheadMs = 5;

/** Above what others filter by, and before connection tracking. */
const priority = -300;

/** The sets of one keeper. One `nft` for all. */
export class AddressFilter {
  readonly #key: string;
  readonly #nft = new AskedProgram(['nft', '-j', '-i'], (line) => /\{"nftables":.*\}$/.exec(line)?.[0] ?? null);

  /** `key`: of this keeper and of those before it, of letters, digits and hyphens. */
  constructor(key: string) {
    this.#key = key;
  }

  /** Null when it can be used; else why not. Forks: only where no deadline is near. */
  async prepare(): Promise<string | null> {
    this.#nft.begin();
    const made = await this.#ask(tables);
    return made.kind === 'done' ? null : made.why;
  }

  get ready(): boolean {
    return this.#nft.runs;
  }

  /** From now on the host does not answer for the address, whether it has it or not. */
  shut({ address, family }: FilteredAddress): Promise<Asked> {
    return this.#ask(
      each(family, (table) => [
        `add element ${table} held${family} { ${address} }`,
        `add element ${table} live${family} { ${address} }`,
        `delete element ${table} live${family} { ${address} }`,
        `add element ${table} armed${family} { ${address} }`,
        `delete element ${table} armed${family} { ${address} }`,
        `add element ${table} armed${family} { ${this.#until(address, armedMs)} }`,
      ]),
    );
  }

  /** It answers for the address, until `deadline`. Only soon after `shut`. */
  open({ address, family }: FilteredAddress, deadline: MonoMs): Promise<Asked> {
    const timeout = timeoutTo(deadline);
    if (timeout === null) return Promise.resolve({ kind: 'failed', why: 'the deadline is too near' });
    return this.#ask(
      each(family, (table) => [
        `delete element ${table} armed${family} { ${address} }`,
        `add element ${table} live${family} { ${this.#until(address, timeout)} }`,
      ]),
    );
  }

  /** It goes on answering, until `deadline`; fails when it had ceased to. Waits for nothing. */
  renew({ address, family }: FilteredAddress, deadline: MonoMs): Promise<Asked> {
    const timeout = timeoutTo(deadline);
    if (timeout === null) return Promise.resolve({ kind: 'failed', why: 'the deadline is too near' });
    return this.#ask(
      each(family, (table) => [
        `delete element ${table} live${family} { ${address} }`,
        `add element ${table} live${family} { ${this.#until(address, timeout)} }`,
      ]),
    );
  }

  /** It does not answer any more, as after `shut`. Also right when it had run out. */
  silence({ address, family }: FilteredAddress): Promise<Asked> {
    return this.#ask(
      each(family, (table) => [
        `add element ${table} live${family} { ${address} }`,
        `delete element ${table} live${family} { ${address} }`,
      ]),
    );
  }

  /** The address is gone from this host: nothing is kept of it. */
  release({ address, family }: FilteredAddress): Promise<Asked> {
    return this.#ask(
      each(family, (table) =>
        [`held${family}`, `live${family}`].flatMap((set) => [
          `add element ${table} ${set} { ${address} }`,
          `delete element ${table} ${set} { ${address} }`,
        ]),
      ),
    );
  }

  /** True when another keeper of this machine has the address open at this moment, or is about to; null: it could not be found out. */
  async isOthers({ address, family }: FilteredAddress): Promise<boolean | null> {
    const asked = await this.#nft.ask(['list table inet standfast']);
    if (asked.kind !== 'done') return null;
    const wanted = internetAddress(address)?.bits;
    return elementsOf(asked.json, [`live${family}`, `armed${family}`]).some(
      (each) => internetAddress(each.address)?.bits === wanted && each.key !== this.#key,
    );
  }

  close(): void {
    this.#nft.close();
  }

  #until(address: string, timeout: number): string {
    return `${address} timeout ${timeout}ms comment "${this.#key}"`;
  }

  /** One transaction: all of it or nothing. */
  #ask(commands: readonly string[]): Promise<Asked> {
    return this.#nft.ask([commands.join('; '), 'list tables']);
  }
}

/** What runs out by itself in sets of those names, in what `nft -j list table` shows. */
function elementsOf(json: unknown, sets: readonly string[]): { address: string; key: unknown }[] {
  return listed(field(json, 'nftables'))
    .map((row) => field(row, 'set'))
    .filter((set) => sets.some((name) => name === field(set, 'name')))
    .flatMap((set) => listed(field(set, 'elem')))
    .map((element) => field(element, 'elem') ?? { val: element })
    .flatMap((element) => {
      const address = field(element, 'val');
      return typeof address === 'string' ? [{ address, key: field(element, 'comment') }] : [];
    });
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** ARP has a table of its own; both change in one transaction. */
function each(family: 4 | 6, commands: (table: string) => string[]): string[] {
  return (family === 4 ? ['inet standfast', 'arp standfast'] : ['inet standfast']).flatMap(commands);
}

function timeoutTo(deadline: MonoMs): number | null {
  const left = Math.floor(deadline - monoNow() - aheadMs);
  return left >= 1 ? left : null;
}

const sets = (table: string, families: readonly (4 | 6)[]): string[] =>
  families.flatMap((family) => [
    `add set ${table} held${family} { type ipv${family}_addr; }`,
    `add set ${table} live${family} { type ipv${family}_addr; flags timeout; }`,
    `add set ${table} armed${family} { type ipv${family}_addr; flags timeout; }`,
  ]);

const chain = (table: string, name: string, hook: string, rules: readonly string[]): string[] => [
  `add chain ${table} ${name} { type filter hook ${hook} priority ${priority}; policy accept; }`,
  `flush chain ${table} ${name}`,
  ...rules.map((rule) => `add rule ${table} ${name} ${rule} drop`),
];

/** Safe to say again: what is there stays, and the rules are replaced in one stroke. A neighbour advertisement bears the address as its source. */
const tables: readonly string[] = [
  'add table inet standfast',
  ...sets('inet standfast', [4, 6]),
  ...chain('inet standfast', 'arriving', 'input', [
    'ip daddr @held4 ip daddr != @live4',
    'ip6 daddr @held6 ip6 daddr != @live6',
  ]),
  ...chain('inet standfast', 'leaving', 'output', [
    'ip saddr @held4 ip saddr != @live4',
    'ip6 saddr @held6 ip6 saddr != @live6',
  ]),
  'add table arp standfast',
  ...sets('arp standfast', [4]),
  ...chain('arp standfast', 'arriving', 'input', ['arp daddr ip @held4 arp daddr ip != @live4']),
  ...chain('arp standfast', 'leaving', 'output', ['arp saddr ip @held4 arp saddr ip != @live4']),
];
