// What instances in trouble wrote last: often the reason itself, in the words of who failed.

import type { StatusView } from '../../api.ts';
import type { ChosenSystem } from '../context.ts';
import { elsewhereOf } from '../elsewhere.ts';
import { farOutput } from './elsewhere.ts';
import { outputsOf, tail } from './files.ts';

/** What an instance wrote last; no line: nothing. */
export interface LastWords {
  readonly service: string;
  readonly host: string;
  readonly lines: readonly string[];
}

/** At most this many instances are asked, and lines of each. */
const most = { instances: 3, lines: 3 };

/** Of those instances of `service` that are not as they should be and were started; of other machines as far as they answer. */
export async function lastWordsOf(
  system: ChosenSystem,
  service: string,
  status: StatusView | null,
): Promise<readonly LastWords[]> {
  const instances = status?.services.find(({ name }) => name === service)?.instances ?? [];
  const inTrouble = instances
    .filter(({ severity, pid, restarts }) => severity !== 0 && (pid !== null || restarts > 0))
    .slice(0, most.instances);
  // Asking who is elsewhere takes a question to the agent: only when somebody is.
  let elsewhere: ReturnType<typeof elsewhereOf> | null = null;
  const told = await Promise.all(
    inTrouble.map(async ({ host }) => {
      if (system.hosts.includes(host)) {
        const [output] = await outputsOf(system, service, host);
        return [{ service, host, lines: output === undefined ? [] : await tail(output, most.lines) }];
      }
      elsewhere ??= elsewhereOf(system);
      const far = await farOutput(await elsewhere, { host, service, lines: most.lines });
      return 'lines' in far ? [{ service, host, lines: far.lines }] : [];
    }),
  );
  return told.flat();
}
