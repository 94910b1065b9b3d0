// What is described on the machines of a bed: services that answer, and how quickly they are to be back.
import { join } from 'node:path';
import type { BedOptions } from './bed.ts';
import { addressOf } from './space.ts';

export const system = 'testbed';
export const hosts = ['a', 'b', 'c'] as const;
/** Whose place in the order is first. The bystander's is such that whoever loses the subject's host leaves the subject on another than the bystander's. */
const orders = { subject: ['a', 'b', 'c'], plain: ['a', 'b', 'c'], bystander: ['c', 'b', 'a'] } as const;
export const ports = { subject: 7000, plain: 7001, bystander: 7002 } as const;

export type WatchedService = keyof typeof orders;

/** `store`: as it stands after `etcd:`. */
export function describe(options: BedOptions, services: readonly WatchedService[], store: string): string {
  const idle = Array.from({ length: options.idle ?? 0 }, (_, at) => {
    return `  idle-${at}: { run: sleep 1000000, on: [${hosts[at % hosts.length] ?? 'a'}] }\n`;
  });
  // No console: three of them on this one machine would cost the others more than a machine of its own would notice.
  return `system: ${system}
objective: { unavailable: 10m, per: 60m, recoverWithin: ${options.recoverWithin} }
store: { etcd: ${store} }
console: false
hosts:
${hosts.map((host, at) => `  ${host}: { address: ${addressOf(at + 1)} }\n`).join('')}services:
${services.map(serviceText).join('')}${idle.join('')}`;
}

function serviceText(service: WatchedService): string {
  const program = join(import.meta.dirname, 'services', service === 'plain' ? 'plain.mjs' : 'answerer.mjs');
  const how =
    service === 'plain'
      ? 'activate: { signal: SIGUSR1 }'
      : 'activate: { message: true }\n    deactivate: { message: true }';
  return `  ${service}:
    run: ${JSON.stringify([process.execPath, program])}
    policy: hot-active/warm-active
    on: [${orders[service].join(', ')}]
    env: { PORT: "${ports[service]}" }
    ${how}
    backOff: { upTo: 100ms }
`;
}
