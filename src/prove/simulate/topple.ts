// What a failed part takes with it: a domain its hosts, a host all that runs on it, a member the store's majority.

import type { System } from '../../model/system.ts';
import type { Part } from '../part.ts';
import { lostQuorum, membersOf } from '../store-members.ts';
import { topologyOf } from '../topology.ts';
import { isMomentary } from './faults.ts';
import type { World } from './world.ts';

/** Applies faults and repairs to the world. */
export class Topple {
  readonly #world: World;
  readonly #down = new Set<string>();
  readonly #hosts: readonly { readonly name: string; readonly parts: readonly string[] }[];
  readonly #members: readonly { readonly name: string; readonly host: string | null }[];

  constructor(world: World, system: System, parts: readonly Part[]) {
    const topology = topologyOf(system);
    const known = new Set(parts.map((part) => part.name));
    this.#world = world;
    this.#hosts = system.hosts.map(({ name }) => ({
      name,
      parts: [`host:${name}`, ...topology.domainsOf(name)].filter((part) => known.has(part)),
    }));
    this.#members = membersOf(system);
  }

  /** The parts that are away, by name. */
  get down(): readonly string[] {
    return [...this.#down].toSorted();
  }

  set down(parts: readonly string[]) {
    this.#down.clear();
    for (const part of parts) this.#down.add(part);
  }

  /** The part has failed, or was mended. */
  befalls(part: Part, down: boolean): void {
    if (down && !isMomentary(part)) this.#down.add(part.name);
    else this.#down.delete(part.name);
    const world = this.#world;
    switch (part.kind) {
      case 'domain':
      case 'host':
        this.#seeHosts();
        this.#seeStore();
        break;
      case 'agent':
        if (part.host === null) break;
        if (down) world.agentDown(part.host);
        else world.agentUp(part.host);
        break;
      case 'store':
        this.#seeStore();
        break;
      case 'instance':
        if (part.host === null) break;
        if (down) world.crash(part.owner, part.host, !isMomentary(part));
        else world.mend(part.owner, part.host);
        break;
      case 'external':
        world.externalIs(part.owner, down);
        break;
      case 'software':
      case 'configuration':
        // What no restart mends is not tried to be mended by one: the service runs and is of no use (see docs/proof.md).
        break;
      default:
        part.kind satisfies never;
    }
  }

  #seeHosts(): void {
    for (const { name, parts } of this.#hosts)
      if (parts.some((part) => this.#down.has(part))) this.#world.hostDown(name);
      else {
        this.#world.hostUp(name);
        if (this.#down.has(`agent:${name}`)) this.#world.agentDown(name);
      }
  }

  #seeStore(): void {
    const world = this.#world;
    const away =
      this.#members.length === 0
        ? this.#down.has('store')
        : this.#members.filter(
            ({ name, host }) => this.#down.has(name) || (host !== null && world.hosts.get(host)?.up === false),
          ).length >= lostQuorum(this.#members.length);
    if (away) world.storeDown();
    else if (!world.storeUp) world.storeBack();
  }
}
