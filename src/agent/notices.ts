// Sends what the core wants told, to the targets of the description in force, and says how it came out.

import type { Effect } from '../decide/effect.ts';
import type { Input } from '../decide/input.ts';
import { isFor, openNotifier, type Notification, type Notifier } from '../act/notify.ts';
import type { System } from '../model/system.ts';
import type { MonoMs } from '../model/units.ts';
import type { RunCommand } from '../ports.ts';
import { incidentView } from './incident-view.ts';

type Notify = Extract<Effect, { kind: 'notify' }>;

interface Notices {
  use(system: System): void;
  readonly send: (effect: Notify) => void;
  close(): void;
}

/** What is on its way. */
interface Sending {
  readonly id: number;
  /** Targets from which word has come, whatever it was. */
  readonly had: string[];
  /** From how many it has not. */
  left: number;
  lost: string | null;
}

/** One notifier at a time; a description that tells others, or otherwise, brings another, which goes on with what was on its way. */
export function openNotices(options: {
  readonly now: () => MonoMs;
  runCommand: RunCommand;
  readonly tell: (input: Input) => void;
  readonly log: (text: string) => void;
}): Notices {
  let notifier: Notifier | null = null;
  let system: System | null = null;
  const waiting = new Map<Notification, Sending>();

  const finish = (notification: Notification, { id, lost }: Sending): void => {
    waiting.delete(notification);
    const outcome = lost === null ? ({ kind: 'done' } as const) : ({ kind: 'failed', why: lost } as const);
    options.tell({ kind: 'outcome', id, at: options.now(), outcome });
  };
  /** To all who want it and have it not: an apply must lose no message, least of all the one that mends where they go. */
  const post = (notification: Notification, sending: Sending): void => {
    const wanting = (system?.notify ?? []).filter((target) => isFor(target, notification, sending.had));
    sending.left = wanting.length;
    if (wanting.length === 0) finish(notification, sending);
    else notifier?.send(notification, [...sending.had]);
  };

  return {
    use(described) {
      const before = system;
      system = described;
      if (before !== null && saidBy(before) === saidBy(described)) return;
      notifier?.close();
      notifier = openNotifier({
        targets: described.notify,
        dir: described.folder,
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
        now: options.now,
        runCommand: options.runCommand,
        onResult(result, notification) {
          if (result.kind === 'lost')
            options.log(`notification of ${result.incident} to ${result.target} given up: ${result.why}`);
          const sending = waiting.get(notification);
          if (sending === undefined) return;
          sending.had.push(result.target);
          sending.left -= 1;
          if (result.kind === 'lost') sending.lost ??= `${result.target}: ${result.why}`;
          if (sending.left === 0) finish(notification, sending);
        },
      });
      for (const [notification, sending] of waiting) post(notification, sending);
    },
    send({ id, event, incident }) {
      const kind = event.kind === 'eased' ? null : event.kind === 'flapping' ? 'worsened' : event.kind;
      if (kind === null || system === null) {
        options.tell({ kind: 'outcome', id, at: options.now(), outcome: { kind: 'done' } });
        return;
      }
      const severity = event.kind === 'resolved' ? incident.worst : event.severity;
      const notification: Notification = {
        event: kind,
        system: system.name,
        incident: { ...incidentView(system, incident), severity },
      };
      const sending: Sending = { id, had: [], left: 0, lost: null };
      waiting.set(notification, sending);
      post(notification, sending);
    },
    close() {
      notifier?.close();
    },
  };
}

/** Where messages go, and from where commands are run. */
function saidBy({ notify, folder }: System): string {
  return JSON.stringify([notify, folder]);
}
