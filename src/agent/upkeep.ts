// What goes on beside the loop for what runs here: outputs are rotated, declared files looked at, externals observed.

import { openRotator } from '../act/rotate.ts';
import type { Because } from '../decide/draft.ts';
import type { Input } from '../decide/input.ts';
import type { HostLayout } from '../layout.ts';
import type { RunService, System } from '../model/system.ts';
import { ms, type MonoMs } from '../model/units.ts';
import type { Ground } from '../observe/modes/ground.ts';
import type { Observer } from '../ports.ts';
import { wrongFiles } from './files.ts';
import { pathOf, type Plans } from './plans.ts';

interface Upkeep {
  running(service: RunService, instance: string | null, plans: Plans | null): void;
  observeExternals(system: System, observer: Observer): void;
  /** Another description is in force: what runs on is kept small as that says. */
  use(system: System): void;
  close(): void;
}

const filesEveryMs = 10_000;
const externalEveryMs = 5000;

/** Begins to look after this host. */
export function openUpkeep(options: {
  layout: HostLayout;
  readonly ground: Ground;
  readonly now: () => MonoMs;
  readonly tell: (input: Input) => void;
  note(because: Because): void;
}): Upkeep {
  const rotated = new Map<string, RunService['logs']>();
  const watched = new Map<string, { service: RunService; instance: string; plans: Plans; before: string }>();
  const externals = new Set<string>();
  const rotator = openRotator({
    now: options.now,
    onRotated: (what) =>
      options.note({
        kind: 'rotated',
        rule: null,
        service: what.path.slice(options.layout.logs.length + 1).replace(/\.log$/, ''),
        instance: null,
        term: null,
        facts: { ...what },
      }),
  });
  let looking = false;
  let again = false;
  const lookOnce = async (): Promise<void> => {
    const all = [...watched.values()];
    const wrong = await wrongFiles(
      options.ground,
      all.map(({ plans, service }) => {
        const plan = plans.plan(service);
        return { files: plan.files, pathOf: (path) => pathOf(plan, path) };
      }),
    );
    for (const [index, each] of all.entries()) {
      const missing = wrong[index] ?? null;
      const text = missing?.join('\n');
      if (missing === null || text === undefined || text === each.before) continue;
      each.before = text;
      options.tell({ kind: 'seen', seen: [{ kind: 'files', instance: each.instance, at: options.now(), missing }] });
    }
  };
  /** One look at a time; what begins meanwhile is looked at by the next. */
  const look = async (): Promise<void> => {
    again = true;
    if (looking) return;
    looking = true;
    try {
      while (again) {
        again = false;
        await lookOnce();
      }
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), filesEveryMs);
  const rotates = (service: RunService): void => {
    const output = options.layout.output(service.name);
    const before = rotated.get(output);
    if (before?.maxSize === service.logs.maxSize && before.keep === service.logs.keep) return;
    rotator.add(output, service.logs);
    rotated.set(output, service.logs);
  };

  return {
    running(service, instance, plans) {
      rotates(service);
      if (instance === null || plans === null || service.files.length === 0) return;
      watched.set(service.name, { service, instance, plans, before: '' });
      void look();
    },
    use(system) {
      for (const service of system.services)
        if (service.kind === 'run' && rotated.has(options.layout.output(service.name))) rotates(service);
    },
    observeExternals(system, observer) {
      for (const name of externals) observer.unobserve(name);
      externals.clear();
      for (const service of system.services) {
        if (service.kind !== 'external' || service.detect.checks.length === 0) continue;
        externals.add(service.name);
        observer.observeExternal({
          name: service.name,
          dir: system.folder,
          env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
          checks: service.detect.checks.map((check) => ({ ...check, every: check.every ?? ms(externalEveryMs) })),
        });
      }
    },
    close() {
      clearInterval(timer);
      rotator.close();
    },
  };
}
