// Other process managers, wired to this host: its processes, the core, and what people see of them.

import { randomBytes } from 'node:crypto';
import type { StatusView } from '../api.ts';
import { openManaged, type Managed, type ManagerNote } from '../act/managers/managed.ts';
import type { Input } from '../decide/input.ts';
import { monoNow, wallNow } from '../keeper/clock.ts';
import { hostProcesses } from './host-processes.ts';
import { planInstance } from '../model/instance.ts';
import { madeOf } from '../model/made-of.ts';
import type { System } from '../model/system.ts';
import { tongueOf } from '../act/managers/speak.ts';
import { runCommand } from '../observe/command.ts';
import type { StartRequest } from '../ports.ts';
import type { Plans } from './plans.ts';

/** What a manager's command may need to find its manager (sd_bus_default_user(3)). */
const surroundings = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'] as const;

function surroundingsHere(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of surroundings) if (process.env[name] !== undefined) env[name] = process.env[name];
  return env;
}

/** Takes up what an agent before this one left under other managers. `file`: where that is written. `mine`: see `ownRequests`. */
export function openManagedHere(of: {
  readonly file: string;
  readonly mine: () => readonly StartRequest[];
  readonly tell: (input: Input) => void;
  readonly log: (text: string) => void;
}): Managed {
  const troubled = new Set<string>();
  return openManaged({
    file: of.file,
    processes: hostProcesses,
    run: runCommand,
    now: monoNow,
    wall: wallNow,
    env: surroundingsHere(),
    mine: of.mine,
    found: (running) => of.tell({ kind: 'foundRunning', running }),
    ended: (ended) => of.tell({ kind: 'ended', ended }),
    noted(note) {
      const { instance, trouble } = note;
      if (trouble === null && !troubled.delete(instance)) return;
      if (trouble !== null) troubled.add(instance);
      const check = `process manager ${note.title}`;
      const text = trouble === null ? (note.says ?? '') : troubleWords(note);
      const result = trouble === null ? 'ok' : 'critical';
      of.tell({
        kind: 'seen',
        seen: [{ kind: 'check', instance, at: monoNow(), check, result, text }],
      });
    },
    log: of.log,
  });
}

/** How each service of this host that belongs to another manager would be started; nothing before the description is known. */
export function ownRequests(of: {
  readonly system: System | null;
  readonly plans: Plans | null;
  readonly me: string;
}): readonly StartRequest[] {
  const { system, plans, me } = of;
  if (system === null || plans === null) return [];
  return system.services.flatMap((service) => {
    if (service.kind !== 'run' || service.manager.kind === 'native') return [];
    if (!service.on.some(({ host }) => host === me)) return [];
    // How its manager is asked may stand in a file that is still being read.
    if (plans.untilKnown(service) !== null) return [];
    const instance = `${service.name}@${me}#${madeOf(service, me)}.${randomBytes(4).toString('hex')}.0`;
    return [plans.start(service, { instance, role: 'active', term: 0, deadline: null, alternative: false })];
  });
}

function troubleWords({ trouble, service }: ManagerNote): string {
  return `${trouble?.code ?? ''} ${trouble?.why ?? ''}. ${service} runs on`;
}

/** Adds to each instance who owns its process, who may start it again, and what that manager says. */
export function withManagers(
  view: StatusView,
  of: { readonly system: System | null; readonly me: string; readonly managed: Managed },
): StatusView {
  const { system, me, managed } = of;
  if (system === null) return view;
  const foreign = new Map(
    system.services.flatMap((each) =>
      each.kind === 'run' && each.manager.kind !== 'native' ? [[each.name, each] as const] : [],
    ),
  );
  if (foreign.size === 0) return view;
  const notes = new Map(managed.notes().map((each) => [each.service, each]));
  return {
    ...view,
    services: view.services.map((shown) => {
      const service = foreign.get(shown.name);
      if (service === undefined) return shown;
      return {
        ...shown,
        instances: shown.instances.map((instance) => {
          const { manager } = planInstance(system, service, instance.host);
          if (manager.kind === 'native') return instance;
          const { title, name, restarts } = tongueOf(manager, service.name);
          const note = instance.host === me ? notes.get(service.name) : undefined;
          return {
            ...instance,
            manager: {
              kind: manager.kind,
              title,
              name: note?.name ?? name,
              restarts,
              says: note?.says ?? null,
              trouble:
                note?.trouble === undefined || note.trouble === null
                  ? null
                  : `${note.trouble.code} ${note.trouble.why}`,
              asOfMs: note?.atMs ?? null,
            },
          };
        }),
      };
    }),
  };
}
