// Memory of keeper and agent while they look after many services.
import { pssMiB } from '../proc.ts';
import type { Row } from '../row.ts';

export const memory: Row = {
  name: 'memory',
  what: 'memory of keeper + agent with 500 services (PSS)',
  async measure(context) {
    const { product } = await context.many();
    const [host] = (await product.status()).hosts;
    const agent = pssMiB(host?.agentPid ?? 0);
    const keeper = pssMiB(host?.keeperPid ?? 0);
    return [
      { what: 'agent', unit: 'MiB', values: [agent], target: null, reached: null },
      { what: 'keeper', unit: 'MiB', values: [keeper], target: null, reached: null },
      { what: 'both', unit: 'MiB', values: [agent + keeper], target: 'at most 150', reached: agent + keeper <= 150 },
    ];
  },
};
