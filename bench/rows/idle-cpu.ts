// CPU of keeper and agent while many services are idle and healthy. `--runs` is the number of windows of ten seconds.
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../clock.ts';
import { cpuMs } from '../proc.ts';
import type { Row } from '../row.ts';
import { median } from '../statistics.ts';

const windowMs = 10_000;

export const idleCpu: Row = {
  name: 'idle-cpu',
  what: 'CPU of keeper + agent when 500 services are idle and healthy',
  async measure(context) {
    const { product } = await context.many();
    const [host] = (await product.status()).hosts;
    const pids = [host?.agentPid ?? 0, host?.keeperPid ?? 0];
    const used = (): number => pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
    const shares: number[] = [];
    for (let run = 0; run < context.runs(6); run++) {
      const [from, before] = [now(), used()];
      await pause(windowMs);
      shares.push((100 * (used() - before)) / (now() - from));
    }
    return [{ what: 'of one core', unit: '%', values: shares, target: 'at most 5', reached: median(shares) <= 5 }];
  },
};
