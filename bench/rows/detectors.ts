// What looking for failure modes costs: two systems of 50 services side by side, each service with a log, a file with properties, a queue and a port, one with all
// detectors and one with none. Theirs is what differs, with all the processes that they start, and the thread that both have. `--runs`: windows of a minute, in
// which each detector looks.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../clock.ts';
import { cpuMs, pssMiB, threadCpuMs } from '../proc.ts';
import { Product } from '../product.ts';
import type { Row } from '../row.ts';
import { median } from '../statistics.ts';

const count = 50;
/** As the agent names it (observe/modes/scout.ts). */
const threadName = 'detectors';
const windowMs = 60_000;
/** Every twentieth service serves by TLS. */
const certificateOf = 20;

export const detectors: Row = {
  name: 'detectors',
  what: `CPU and memory of all detectors on a host with ${count} services`,
  async measure(context) {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const products: Product[] = [];
    try {
      const off = JSON.stringify(await namesOfDetectors());
      const [all, none] = ['[]', off].map((each) => {
        const product = new Product(describe(port, each));
        products.push(product);
        layOut(product.folder);
        return product;
      });
      const pids = [await agentOf(all), await agentOf(none)] as const;
      await pause(windowMs);
      const [looks, rests] = pids;
      const used = (): number => cpuMs(looks) - cpuMs(rests) + threadCpuMs(rests, threadName);
      const shares: number[] = [];
      for (let run = 0; run < context.runs(3); run++) {
        const [from, before] = [now(), used()];
        await pause(windowMs);
        shares.push((100 * (used() - before)) / (now() - from));
      }
      const thread = threadMiB();
      const memory = pssMiB(looks) - pssMiB(rests) + thread;
      return [
        { what: 'of one core', unit: '%', values: shares, target: 'at most 3', reached: median(shares) <= 3 },
        { what: 'memory', unit: 'MiB', values: [memory], target: 'at most 40', reached: memory <= 40 },
        { what: 'of it the idle thread', unit: 'MiB', values: [thread], target: null, reached: null },
      ];
    } finally {
      for (const product of products) product.remove();
      server.close();
    }
  },
};

/**
 * The thread of the detectors with nothing to look at, in processes of their own. As in an agent what Node compiled is kept: the first of them compiles it,
 * and does not count.
 */
function threadMiB(): number {
  const script = `
    import { readFileSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    const pss = () => Number(/^Pss:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))[1]) / 1024;
    const before = pss();
    new Worker(process.argv[1], { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2 } });
    setTimeout(() => { console.log(pss() - before); process.exit(0); }, 4000);`;
  const worker = join(import.meta.dirname, '../../src/observe/modes/worker.ts');
  const compiled = mkdtempSync(join(tmpdir(), 'standfast-bench-'));
  try {
    const [, ...counted] = Array.from({ length: 6 }, () =>
      Number(
        execFileSync(process.execPath, ['--input-type=module', '-e', script, worker], {
          encoding: 'utf8',
          env: { ...process.env, NODE_COMPILE_CACHE: compiled },
        }),
      ),
    );
    return median(counted);
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
}

async function agentOf(product: Product | undefined): Promise<number> {
  if (product === undefined) throw new Error('there is no product');
  await product.up();
  return (await product.status()).hosts[0]?.agentPid ?? 0;
}

/** As the schema of descriptions lists them: those that can be switched off. */
async function namesOfDetectors(): Promise<readonly string[]> {
  const product = new Product('');
  try {
    const { output } = await product.run(['schema']);
    const names = /"off":\s*\{[^]*?"enum":\s*(\[[^\]]*\])/.exec(output)?.[1];
    if (names === undefined) throw new Error('the schema lists no detectors');
    return JSON.parse(names) as string[];
  } finally {
    product.remove();
  }
}

function layOut(folder: string): void {
  for (let n = 0; n < count; n++) {
    const own = join(folder, `s${n}`);
    mkdirSync(join(own, 'queue'), { recursive: true });
    writeFileSync(join(own, 'app.properties'), 'rates.url=http://rates\nrates.every=1s\n');
    writeFileSync(join(own, 'app.log'), 'ready\n');
  }
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '90',
      '-subj',
      '/CN=s',
      '-keyout',
      's.key',
      '-out',
      's.pem',
    ],
    { cwd: folder, stdio: 'ignore' },
  );
}

function describe(port: number, off: string): string {
  const services = Array.from({ length: count }, (_, n) => {
    const watch = [
      `queues: [queue]`,
      `properties: [ { file: app.properties, name: rates.url } ]`,
      ...(n % certificateOf === 0 ? ['certificates: [ { file: ../s.pem } ]'] : []),
    ];
    return `  s${n}: { run: sleep 100000, on: [a], dir: s${n}, log: { file: app.log }, files: [ { path: app.properties } ], watch: { ${watch.join(', ')} }, detect: { checks: [ { tcp: "127.0.0.1:${port}", every: 10s } ] } }`;
  });
  return `system: bench
console: false
objective: { unavailable: 10m, per: 60m, recoverWithin: 2m }
detectors: { off: ${off} }
hosts: { a: { address: 127.0.0.1 } }
services:
${services.join('\n')}
`;
}
