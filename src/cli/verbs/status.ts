// `status`: does it stand. With `--watch` it stays and redraws at every change.

import type { StatusView } from '../../api.ts';
import type { AgentClient } from '../../client.ts';
import { chooseSystem } from '../context.ts';
import type { ChosenSystem, Context } from '../context.ts';
import type { ExitStatus } from '../failure.ts';
import { pause } from '../interruption.ts';
import { liveScreen } from '../live.ts';
import type { LiveScreen } from '../live.ts';
import { statusScreen } from '../screens/status-screen.ts';
import { asking, findAgent, needAgent } from '../systems.ts';
import type { Run } from '../verb.ts';

/** Exit 0 at severity 0 and 3, 1 at 1 and 2, 3 without an agent. */
export const status: Run = async (context, _words, options) => {
  const system = await chooseSystem(context);
  const agent = await needAgent(context, system);
  const view = await asking(context, agent.status());
  if (options.flag('watch')) return watch(context, system, agent, options.flag('json'));
  if (options.flag('json')) context.terminal.print(JSON.stringify(view, null, 2));
  else context.terminal.print(...statusScreen(view, context.terminal, { nowMs: context.now() }));
  return exitOf(view);
};

/** Severity 1 and 2 are a no. */
function exitOf(view: StatusView): ExitStatus {
  return view.severity === 1 || view.severity === 2 ? 1 : 0;
}

async function watch(context: Context, system: ChosenSystem, first: AgentClient, json: boolean): Promise<ExitStatus> {
  const signal = context.interruption();
  const live = context.terminal.redraws && !json ? liveScreen(context.terminal) : null;
  const picture = new Picture(context, live, json);
  let agent: AgentClient | null = first;
  while (!signal.aborted) {
    if (agent !== null) await followOnce(agent, picture, signal);
    picture.gone();
    if (!(await pause(500, signal))) break;
    agent = await findAgent(system);
  }
  live?.end();
  return picture.last === null ? 3 : exitOf(picture.last);
}

/** Follows one agent until it goes away or ^C. */
function followOnce(agent: AgentClient, picture: Picture, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const redraw = setInterval(() => {
      picture.redraw();
    }, 1000);
    const stream = agent.events({
      status: (view) => {
        picture.take(view);
      },
      alive: () => {
        picture.heard();
      },
      ended: finish,
    });
    function finish(): void {
      clearInterval(redraw);
      signal.removeEventListener('abort', finish);
      stream.stop();
      resolve();
    }
    signal.addEventListener('abort', finish, { once: true });
  });
}

/** What is on the screen, and since when it is true. */
class Picture {
  last: StatusView | null = null;
  readonly #context: Context;
  readonly #live: LiveScreen | null;
  readonly #json: boolean;
  #heardAtMs = 0;
  #said = '';

  constructor(context: Context, live: LiveScreen | null, json: boolean) {
    this.#context = context;
    this.#live = live;
    this.#json = json;
  }

  take(view: StatusView): void {
    this.last = view;
    this.heard();
    if (this.#json) this.#context.terminal.print(JSON.stringify(view));
    else this.redraw();
  }

  heard(): void {
    this.#heardAtMs = this.#context.now();
  }

  gone(): void {
    this.redraw();
  }

  redraw(): void {
    if (this.last === null || this.#json) return;
    const { terminal } = this.#context;
    const nowMs = this.#context.now();
    const rows = terminal.rows();
    const lines = statusScreen(this.last, terminal, {
      nowMs,
      heardMs: nowMs - this.#heardAtMs,
      most: rows === Infinity ? Infinity : Math.max(3, rows - 8 - 2 * this.last.incidents.length),
    });
    if (this.#live !== null) {
      this.#live.draw(lines);
      return;
    }
    // Without a terminal a new picture is printed when something in it other than a running clock has changed.
    const said = JSON.stringify([
      this.last.sentence,
      this.last.services.map((each) => each.instances.map((one) => one.phase)),
    ]);
    if (said === this.#said) return;
    this.#said = said;
    terminal.print(...lines, '');
  }
}
