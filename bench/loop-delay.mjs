// Loaded before an agent (NODE_OPTIONS=--import): how long its loop waited at most, told to a file at each SIGUSR2, and begun anew.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolution = 2;

if (/agent\.[jt]s$/.test(process.argv[1] ?? '')) {
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  process.on('SIGUSR2', () => {
    const [max, p99] = [delays.max, delays.percentile(99)].map((ns) => Math.max(0, ns / 1e6 - resolution));
    writeFileSync(`${process.env['LOOP_DELAY_FILE']}.${process.pid}`, JSON.stringify({ max, p99 }));
    delays.reset();
  });
}
