// Who owns a service's process, as written: a word, or a mapping that says where that manager is and what it calls the service.

import { z } from 'zod';
import { choice, flag, template } from './leaf.ts';
import { command } from './leaf-command.ts';
import { key } from './shape-parts.ts';

/** A command for each of what is asked of a manager. */
const verbs = z
  .strictObject({
    start: key(command(), { description: 'Starts it, and ends once it runs.', examples: ['/etc/init.d/feed start'] }),
    stop: key(command(), { description: 'Ends it.', examples: ['/etc/init.d/feed stop'] }),
    status: key(command(), {
      description:
        'Exit 0: it runs, and `pid N` is printed; 1, 2 or 3: it does not; any other: nobody knows. As of an init script (LSB).',
      examples: ['/etc/init.d/feed status'],
    }),
  })
  .meta({ required: ['start', 'stop', 'status'] });

/** `manager:` of a service. */
export const managerShape = key(
  z.union([
    choice(['native', 'monit', 'systemd', 'supervisord'], 'a manager'),
    z.strictObject({
      monit: key(
        z.strictObject({
          name: key(template('a name', 'feed'), {
            description: 'What its control file calls the service (`check process NAME`). Absent: the name here.',
            examples: ['feed'],
          }),
          control: key(template('a file', '/etc/monit/monitrc'), {
            description: 'Its control file, which also says where it answers. Absent: the one monit finds by itself.',
            examples: ['/etc/monit/monitrc'],
          }),
        }),
        { description: 'monit owns it.', examples: [{ control: '/etc/monit/monitrc' }] },
      ),
      systemd: key(
        z.strictObject({
          unit: key(template('a unit', 'feed.service'), {
            description: 'The unit. Absent: the name here with `.service`.',
            examples: ['feed.service'],
          }),
          user: key(flag(), {
            description: 'true: a unit of the user who runs the agent.',
            default: false,
            examples: [true],
          }),
        }),
        { description: 'systemd owns it.', examples: [{ unit: 'feed.service' }] },
      ),
      supervisord: key(
        z.strictObject({
          program: key(template('a program', 'feed'), {
            description: 'The program, `GROUP:PROGRAM` within a group. Absent: the name here.',
            examples: ['feed'],
          }),
          config: key(template('a file', '/etc/supervisor/supervisord.conf'), {
            description: 'Where supervisorctl reads how to reach it. Absent: the one that it finds by itself.',
            examples: ['/etc/supervisor/supervisord.conf'],
          }),
        }),
        { description: 'supervisord owns it.', examples: [{ program: 'feed' }] },
      ),
      command: key(z.union([command(), verbs]), {
        description:
          'Commands drive it: one that is told `start`, `stop` or `status` as its last word, or one for each.',
        examples: ['/etc/init.d/feed', { start: './up.sh', stop: './down.sh', status: './running.sh' }],
      }),
    }),
  ]),
  {
    description:
      'Who owns the process: only that one starts and ends it, and Standfast asks it to. A policy with one active needs native.',
    default: 'native',
    examples: ['native', { monit: { control: '/etc/monit/monitrc' } }],
  },
);
