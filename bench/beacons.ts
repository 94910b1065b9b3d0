// Systems of many small services that only say that they run: under Standfast, and under the bare Node parent, with the same programs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BareParent } from './bare-parent.ts';
import { FirstOutputs } from './first-outputs.ts';
import { Product } from './product.ts';

export type Kind = 'sh' | 'node';

/** The program of a service, as a list. */
function command(kind: Kind): string[] {
  const services = join(import.meta.dirname, 'services');
  return kind === 'sh' ? ['/bin/sh', join(services, 'beacon.sh')] : [process.execPath, join(services, 'beacon.mjs')];
}

/** One host, `count` single services s0, s1, …; restarted without a pause, as the bare parent does. */
function describe(kind: Kind, count: number, out: string): string {
  const run = JSON.stringify(command(kind));
  const services = Array.from(
    { length: count },
    (_, n) => `  s${n}: { run: ${run}, on: [a], env: { NAME: s${n}, OUT: "${out}" }, backOff: { upTo: 1ms } }`,
  );
  return `system: bench
objective: { unavailable: 10m, per: 60m, recoverWithin: 2m }
hosts: { a: { address: 127.0.0.1 } }
services:
${services.join('\n')}
`;
}

export class Beacons {
  readonly folder = mkdtempSync(join(tmpdir(), 'standfast-bench-'));
  readonly ours: FirstOutputs;
  readonly theirs: FirstOutputs;
  readonly #kind: Kind;
  readonly #count: number;

  constructor(kind: Kind, count: number) {
    this.#kind = kind;
    this.#count = count;
    this.ours = new FirstOutputs(join(this.folder, 'ours'));
    this.theirs = new FirstOutputs(join(this.folder, 'theirs'));
  }

  product(): Product {
    return new Product(describe(this.#kind, this.#count, this.ours.path));
  }

  bareParent(): BareParent {
    const log = join(this.folder, 'log');
    return new BareParent({ count: this.#count, command: command(this.#kind), out: this.theirs.path, log });
  }

  close(): void {
    this.ours.close();
    this.theirs.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
