// `status` as a person asks for it, from the shell to the prompt, with many services.
import { now } from '../clock.ts';
import type { Row } from '../row.ts';
import { median } from '../statistics.ts';

export const statusShell: Row = {
  name: 'status-shell',
  what: 'status from the shell with 500 services',
  async measure(context) {
    const { product } = await context.many();
    const took: number[] = [];
    for (let run = 0; run < context.runs(20); run++) {
      const began = now();
      const { code, output } = await product.run(['status']);
      if (code !== 0) throw new Error(`status ended with ${code}:\n${output}`);
      took.push(now() - began);
    }
    return [
      { what: 'wall time', unit: 'ms', values: took, target: 'median at most 300', reached: median(took) <= 300 },
    ];
  },
};
