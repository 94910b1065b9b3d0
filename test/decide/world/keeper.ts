// A keeper and the processes it owns, as design.md describes them: deadlines armed before a role is given, killed when they pass, guards that
// end what is leased when the keeper dies. It checks nothing that the core has to keep to; the referee does (referee.ts).

import type { Role } from '../../../src/model/states.ts';
import { monoMs, wallMs, type MonoMs } from '../../../src/model/units.ts';
import type { Ended, Running } from '../../../src/decide/input.ts';
import { beganAtMs, type SimHost } from './host.ts';
import type { Behaviour } from './programs.ts';
import type { World } from './world.ts';

export interface Process {
  readonly id: string;
  readonly service: string;
  readonly pid: number;
  readonly startedAt: number;
  role: Role;
  term: number;
  deadline: MonoMs | null;
  /** From the moment at which it may have heard that it is active until it has confirmed that it is not, or is gone. */
  mayBeActive: boolean;
  /** It heard: it serves. */
  serves: boolean;
  readySince: number | null;
  servesSince: number | null;
  hung: boolean;
  /** The agent wants to hear when it serves. */
  awaited: boolean;
  alive: boolean;
  /** SIGKILL was sent. */
  dying: boolean;
  /** Its role is being changed; what is asked meanwhile waits its turn. Null: it is not. */
  turn: (() => void)[] | null;
}

/** What a keeper says to a request. */
export type Answer<T> = { kind: 'done'; value: T } | { kind: 'failed'; why: string };

export class SimKeeper {
  readonly host: SimHost;
  readonly world: World;
  readonly pid: number;
  alive = true;
  /** Hears and tells nothing, though it lives, and keeps its deadlines. */
  #stuck = false;
  readonly #unheard: (() => void)[] = [];
  readonly ended: Ended[] = [];
  readonly #terms = new Map<string, number>();

  constructor(world: World, host: SimHost) {
    this.world = world;
    this.host = host;
    host.keepers += 1;
    host.pids += 1;
    this.pid = host.pids;
  }

  get stuck(): boolean {
    return this.#stuck;
  }

  set stuck(stuck: boolean) {
    this.#stuck = stuck;
    if (!stuck) for (const each of this.#unheard.splice(0)) each();
  }

  /** Now, or when it hears and tells again; also when it has died meanwhile. */
  hears(run: () => void): void {
    if (this.#stuck && this.alive) this.#unheard.push(run);
    else run();
  }

  start(
    request: {
      instance: string;
      service: string;
      role: Process['role'];
      term: number;
      deadline: MonoMs | null;
    },
    answer: (answer: Answer<Running>) => void,
  ): void {
    const { host, world } = this;
    if (host.processes.has(request.instance)) return answer({ kind: 'failed', why: 'it exists' });
    const behaviour = world.programs.behaviour(request.service, host.name);
    const refused = this.#refuses(request.service, request.term, request.deadline);
    if (refused !== null) return answer({ kind: 'failed', why: refused });
    if (behaviour.startFails !== null) return answer({ kind: 'failed', why: behaviour.startFails });
    host.pids += 1;
    const process: Process = {
      id: request.instance,
      service: request.service,
      pid: host.pids,
      startedAt: world.now,
      role: request.role,
      term: request.term,
      deadline: request.deadline,
      mayBeActive: request.role === 'active',
      serves: false,
      readySince: null,
      servesSince: null,
      hung: false,
      awaited: false,
      alive: true,
      dying: false,
      turn: null,
    };
    host.processes.set(process.id, process);
    world.referee.started(host, process);
    this.#arm(process);
    if (process.role !== 'active') return answer(this.#begun(process, behaviour));
    // It may want to listen on its address at once. One whose address cannot be put here is never begun.
    world.addresses.bring(host, process, (unplaced) => {
      if (unplaced === null) return answer(this.#begun(process, behaviour));
      if (process.alive) world.programs.gone(host, process);
      answer({ kind: 'failed', why: unplaced });
    });
  }

  #begun(process: Process, behaviour: Behaviour): Answer<Running> {
    const { host, world } = this;
    world.on(host, behaviour.bMs, () => {
      if (!process.alive || process.hung) return;
      process.readySince = world.now;
      if (process.role === 'active') world.programs.serves(process);
      world.programs.observed(host, process, 'ready');
    });
    if (behaviour.diesAfterMs !== null)
      world.on(host, behaviour.diesAfterMs, () => this.ends(process, { by: 'itself', code: 1, signal: null }));
    return { kind: 'done', value: running(host, process) };
  }

  stop(instance: string, forcedAfter: number): Answer<null> {
    const process = this.host.processes.get(instance);
    if (process === undefined || !process.alive) return { kind: 'failed', why: 'there is no such instance' };
    const { stopMs } = this.world.programs.behaviour(process.service, this.host.name);
    if (process.hung || stopMs > forcedAfter) this.world.on(this.host, forcedAfter, () => this.kill(instance));
    else this.world.on(this.host, stopMs, () => this.ends(process, { by: 'stop', code: 0, signal: null }));
    return { kind: 'done', value: null };
  }

  kill(instance: string, by: Ended['by'] = 'kill'): Answer<null> {
    const process = this.host.processes.get(instance);
    if (process === undefined || !process.alive) return { kind: 'failed', why: 'there is no such instance' };
    if (!process.dying) {
      process.dying = true;
      this.world.on(this.host, this.world.programs.behaviour(process.service, this.host.name).killMs, () =>
        this.ends(process, { by, code: null, signal: 'SIGKILL' }),
      );
    }
    return { kind: 'done', value: null };
  }

  activate(
    request: { instance: string; term: number; deadline: MonoMs },
    answer: (answer: Answer<null>) => void,
  ): void {
    this.#inTurn(request.instance, answer, (process, over) => {
      const refused = this.#refuses(process.service, request.term, request.deadline);
      if (refused !== null) return over({ kind: 'failed', why: refused });
      // Asked again: it is active, and its address is here.
      const again = process.role === 'active' && process.term === request.term && process.deadline !== null;
      const before = { role: process.role, term: process.term, deadline: process.deadline };
      process.deadline = request.deadline;
      process.role = 'active';
      process.term = request.term;
      process.mayBeActive = true;
      this.world.referee.activated(this.host, process);
      this.#arm(process);
      if (again) return over({ kind: 'done', value: null });
      this.world.addresses.bring(this.host, process, (unplaced) => {
        if (unplaced === null) this.#signalled(process);
        // The service has seen nothing of it: as before.
        else if (process.alive && !process.dying) Object.assign(process, before, { mayBeActive: false });
        over(unplaced === null ? { kind: 'done', value: null } : { kind: 'failed', why: unplaced });
      });
    });
  }

  /** A signal is the keeper's own, in the same request, and the role file is replaced in it; only calls are the agent's. */
  #signalled(process: Process): void {
    const { activate } = this.world.service(process.service);
    if (activate === null || activate.kind === 'signal')
      this.world.on(this.host, this.world.programs.behaviour(process.service, this.host.name).iMs, () =>
        this.world.programs.serves(process),
      );
  }

  /** One change of role at a time, in the order asked. */
  #inTurn(
    instance: string,
    answer: (answer: Answer<null>) => void,
    change: (process: Process, over: (answer: Answer<null>) => void) => void,
  ): void {
    const process = this.host.processes.get(instance);
    if (process?.turn) return void process.turn.push(() => this.#inTurn(instance, answer, change));
    if (process === undefined || !process.alive) return answer({ kind: 'failed', why: 'there is no such instance' });
    process.turn = [];
    change(process, (came) => {
      const waiting = process.turn ?? [];
      process.turn = null;
      answer(came);
      for (const each of waiting) each();
    });
  }

  /** What the port says that it refuses: a term below one seen, a deadline that is past. */
  #refuses(service: string, term: number, deadline: MonoMs | null): string | null {
    if (deadline !== null && deadline <= this.host.mono(this.world.now)) return 'the deadline is past';
    if (term < (this.#terms.get(service) ?? 0) && term > 0) return 'the term is too old';
    this.#terms.set(service, Math.max(term, this.#terms.get(service) ?? 0));
    return null;
  }

  extend(until: MonoMs, instances: readonly { instance: string; term: number }[]): void {
    for (const { instance, term } of instances) {
      const process = this.host.processes.get(instance);
      if (process === undefined || process.term !== term || process.deadline === null) continue;
      process.deadline = monoMs(Math.max(process.deadline, until));
      this.world.addresses.extend(this.host, process);
      this.#arm(process);
    }
  }

  deactivate(instance: string, role: 'standby' | 'passive', answer: (answer: Answer<null>) => void): void {
    this.#inTurn(instance, answer, (process, over) => {
      process.role = role;
      over({ kind: 'done', value: null });
    });
  }

  /** Its address goes first. */
  disarm(instance: string, answer: (answer: Answer<null>) => void): void {
    this.#inTurn(instance, answer, (process, over) =>
      this.world.addresses.drop(this.host, process, () => {
        if (!process.alive || process.dying) return over({ kind: 'failed', why: 'it is ending' });
        // It goes on telling the term that it was last active under, as the real one does.
        process.deadline = null;
        over({ kind: 'done', value: null });
      }),
    );
  }

  /** On waking first of all. */
  killLapsed(): void {
    const now = this.host.mono(this.world.now);
    for (const process of this.host.processes.values())
      if (process.alive && process.deadline !== null && process.deadline <= now) this.kill(process.id, 'deadline');
  }

  forget(instance: string): void {
    const index = this.ended.findIndex((each) => each.instance === instance);
    if (index >= 0) this.ended.splice(index, 1);
  }

  running(): Running[] {
    return [...this.host.processes.values()]
      .filter((process) => process.alive)
      .map((process) => running(this.host, process));
  }

  /** The process is gone, whatever ended it. */
  ends(process: Process, how: { by: Ended['by']; code: number | null; signal: string | null }): void {
    if (!process.alive) return;
    this.world.programs.gone(this.host, process);
    // The end of it is told when its address is gone too.
    const { boot } = this.host;
    this.world.addresses.drop(this.host, process, () => {
      if (this.host.up && this.host.boot === boot) this.#tellEnd(process, how);
    });
  }

  #tellEnd(process: Process, how: { by: Ended['by']; code: number | null; signal: string | null }): void {
    const at = this.host.mono(this.world.now);
    const ended: Ended = {
      instance: process.id,
      service: process.service,
      code: how.code,
      signal: how.signal,
      endedAt: at,
      goneAt: at,
      endedAtMs: wallMs(beganAtMs + this.world.now),
      by: how.by,
      term: process.term,
    };
    const { keeper } = this.host;
    if (keeper === null) return void this.host.diedAlone.push(ended);
    keeper.ended.push(ended);
    this.world.at(1, () =>
      keeper.hears(() => {
        if (keeper.alive) this.host.agent?.hear({ kind: 'ended', ended });
      }),
    );
  }

  #arm(process: Process): void {
    const { deadline } = process;
    if (deadline === null) return;
    this.world.on(this.host, Math.max(0, this.host.trueAt(deadline) + 0.001 - this.world.now), () => {
      if (
        this.alive &&
        process.alive &&
        process.deadline !== null &&
        process.deadline <= this.host.mono(this.world.now)
      )
        this.kill(process.id, 'deadline');
    });
  }
}

function running(host: SimHost, process: Process): Running {
  return {
    instance: process.id,
    service: process.service,
    pid: process.pid,
    startTicks: process.pid * 10,
    startedAt: host.mono(process.startedAt),
    startedAtMs: wallMs(beganAtMs + process.startedAt),
    role: process.role,
    term: process.term,
    deadline: process.deadline,
  };
}
