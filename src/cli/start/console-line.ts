// Where the console is, for the first screen of `up` and for `doctor`.

import type { ConsoleView } from '../../api-web.ts';
import { connectAgent } from '../../client.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { pause } from '../interruption.ts';
import { safe } from '../text.ts';

/** A console takes about a second to start, longer on a busy machine; nothing else waits for it. */
const waitsMs = 15_000;
const againMs = 100;

/** `Console http://127.0.0.1:7420`, or why there is none; null when none is wanted or no agent answers. Waits a little while one is starting. */
export async function consoleLine(context: Context, system: ChosenSystem, signal: AbortSignal): Promise<string | null> {
  const untilMs = context.now() + waitsMs;
  for (;;) {
    const views = await consolesOf(system);
    const url = views.find((each) => each.view.url !== null)?.view.url;
    if (url !== undefined && url !== null) return `Console ${safe(url)}`;
    const starting = views.some((each) => each.view.state === 'starting');
    if (!starting || signal.aborted || context.now() >= untilMs) {
      const why = views.find((each) => each.view.state === 'waiting' || each.view.state === 'failed')?.view.why;
      if (why !== undefined && why !== null) return `No console: ${safe(why)}`;
      return starting ? 'The console is still starting; its address: standfast doctor' : null;
    }
    await pause(againMs, signal);
  }
}

/** How the console of each host here stands, in the order of the hosts; those whose agent does not answer are left out. */
export async function consolesOf(
  system: ChosenSystem,
): Promise<readonly { readonly host: string; readonly view: ConsoleView }[]> {
  const asked = system.hosts.map(async (host) => ({
    host,
    view: await connectAgent(system.layout.host(host).agentSocket).console(),
  }));
  const found = await Promise.allSettled(asked);
  return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}
