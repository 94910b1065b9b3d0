// Sends what the core wants told, to the targets of the description in force, and says how it came out.

import type { Effect } from '../decide/effect.ts';
import type { Input } from '../decide/input.ts';
import { openNotifier, type Notifier } from '../act/notify.ts';
import type { System } from '../model/system.ts';
import type { MonoMs } from '../model/units.ts';
import type { RunCommand } from '../ports.ts';
import { incidentView } from './incident-view.ts';

type Notify = Extract<Effect, { kind: 'notify' }>;

export interface Notices {
  use(system: System): void;
  readonly send: (effect: Notify) => void;
  close(): void;
}

/** One notifier at a time; another description brings another. */
export function openNotices(options: {
  readonly now: () => MonoMs;
  runCommand: RunCommand;
  readonly tell: (input: Input) => void;
  readonly log: (text: string) => void;
}): Notices {
  let notifier: Notifier | null = null;
  let system: System | null = null;
  /** By `incident event`: the effect, and from how many targets no word has come. */
  const waiting = new Map<string, { id: number; left: number; lost: string | null }>();

  const settle = (key: string, why: string | null): void => {
    const one = waiting.get(key);
    if (one === undefined) return;
    one.left -= 1;
    one.lost ??= why;
    if (one.left > 0) return;
    waiting.delete(key);
    options.tell({
      kind: 'outcome',
      id: one.id,
      at: options.now(),
      outcome: one.lost === null ? { kind: 'done' } : { kind: 'failed', why: one.lost },
    });
  };

  return {
    use(described) {
      notifier?.close();
      for (const key of waiting.keys()) settle(key, 'the description was changed');
      system = described;
      notifier = openNotifier({
        targets: described.notify,
        dir: described.folder,
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
        now: options.now,
        runCommand: options.runCommand,
        onResult: (result) => {
          if (result.kind === 'lost')
            options.log(`notification of ${result.incident} to ${result.target} given up: ${result.why}`);
          settle(
            `${result.incident} ${result.event}`,
            result.kind === 'lost' ? `${result.target}: ${result.why}` : null,
          );
        },
      });
    },
    send({ id, event, incident }) {
      const kind = event.kind === 'eased' ? null : event.kind === 'flapping' ? 'worsened' : event.kind;
      const told = event.kind === 'resolved' ? incident.worst : event.severity;
      const targets = system?.notify.filter((target) => told <= target.from).length ?? 0;
      if (kind === null || system === null || notifier === null || targets === 0) {
        options.tell({ kind: 'outcome', id, at: options.now(), outcome: { kind: 'done' } });
        return;
      }
      const key = `${incident.id} ${kind}`;
      waiting.set(key, { id, left: targets, lost: null });
      notifier.send({
        event: kind,
        system: system.name,
        incident: { ...incidentView(system, incident), severity: told },
      });
    },
    close() {
      notifier?.close();
    },
  };
}
