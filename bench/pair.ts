// One service on two hosts, under a policy with one active, with a consumer that watches it.
import { join } from 'node:path';
import type { StatusView } from '../src/api.ts';
import { freePort } from '../test/free-port.ts';
import { Consumer } from './consumer.ts';
import { Product } from './product.ts';

export interface PairOptions {
  readonly policy: 'hot-active/warm-active' | 'hot-active/warm-passive' | 'hot-active/cold-passive';
  readonly recoverWithin: string;
  /** What loading the state takes. */
  readonly loadMs: number;
  /** Further services, as they stand in the description. */
  readonly besides?: string;
}

/** The active one, as the command line tells it. */
export interface Active {
  readonly host: StatusView['hosts'][number];
  readonly pid: number;
}

/** Looking this often at the status without seeing all as planned is a failure. */
const mostLooks = 200;

export class Pair {
  readonly product: Product;
  readonly consumer: Consumer;

  private constructor(options: PairOptions, ports: readonly number[]) {
    this.product = new Product(describe(options, ports));
    this.consumer = new Consumer(ports);
  }

  static async start(options: PairOptions): Promise<Pair> {
    const pair = new Pair(options, [await freePort(), await freePort()]);
    try {
      await pair.product.up();
      return pair;
    } catch (error) {
      pair.close();
      throw error;
    }
  }

  /** Waits until consumers are served and every instance is as planned; gives the active one. */
  async settled(): Promise<Active> {
    await this.consumer.until((seen) => seen.filter((each) => each === 'active').length === 1);
    for (let look = 0; look < mostLooks; look++) {
      const status = await this.product.status();
      const active = activeOf(status);
      if (active !== null) return active;
    }
    throw new Error('the service never came to be as planned');
  }

  close(): void {
    this.consumer.close();
    this.product.remove();
  }
}

function activeOf({ hosts, services }: StatusView): Active | null {
  const instances = services[0]?.instances ?? [];
  const asPlanned =
    instances.every(({ phase, planned }) => phase === planned) && hosts.every(({ state }) => state === 'up');
  const active = instances.find(({ phase }) => phase === 'active');
  const host = hosts.find(({ name }) => name === active?.host);
  return asPlanned && host !== undefined && typeof active?.pid === 'number' ? { host, pid: active.pid } : null;
}

function describe({ policy, recoverWithin, loadMs, besides = '' }: PairOptions, ports: readonly number[]): string {
  const run = JSON.stringify([process.execPath, join(import.meta.dirname, 'services/answerer.mjs')]);
  return `system: bench
objective: { unavailable: 10m, per: 60m, recoverWithin: ${recoverWithin} }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  answerer:
    run: ${run}
    policy: ${policy}
    on: { a: { env: { PORT: "${ports[0]}" } }, b: { env: { PORT: "${ports[1]}" } } }
    env: { LOAD_MS: "${loadMs}" }
    ready: { tcp: "127.0.0.1:\${PORT}", within: 10s }
    activate: { message: true }
    deactivate: { message: true }
    backOff: { upTo: 100ms }
${besides}`;
}
