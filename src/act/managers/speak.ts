// Which tongue a described manager speaks.

import type { ProcessManager } from '../../model/system.ts';
import { commandTongue } from './command.ts';
import { monitTongue } from './monit.ts';
import { supervisordTongue } from './supervisord.ts';
import { systemdTongue } from './systemd.ts';
import type { ManagerTongue } from './tongue.ts';

/** A manager that is not Standfast itself. */
export type ForeignManager = Exclude<ProcessManager, { kind: 'native' }>;

/** How to speak to it of that service. No `${NAME}` is left in it. */
export function tongueOf(manager: ForeignManager, service: string): ManagerTongue {
  switch (manager.kind) {
    case 'monit':
      return monitTongue(manager.name, manager.control);
    case 'systemd':
      return systemdTongue(manager.name, manager.user);
    case 'supervisord':
      return supervisordTongue(manager.name, manager.config);
    case 'command':
      return commandTongue(service, manager);
    default:
      return manager satisfies never;
  }
}
