// What is said between two agents, whatever carries it: who asked what, and which answer belongs to which question.

import { randomBytes } from 'node:crypto';
import { errorWords } from '../../model/error-words.ts';
import type { PeerEvents } from '../peers.ts';
import { readReport } from '../records.ts';
import { openCalls } from './calls.ts';
import type { Caller } from './listen.ts';
import type { PeerMessage } from './message.ts';

interface Conversation {
  /** What comes in by our own door. */
  readonly heard: (said: PeerMessage, caller: Caller) => void;
  /** What comes back on the line to a peer. */
  answered(host: string, said: PeerMessage): void;
  /** The question for a promise; the one before it is void. */
  question(host: string, ask: number, epoch: number): PeerMessage;
  /** Our answer, on the connection that the question came by. */
  answer(host: string, ask: number, given: boolean): void;
  call(
    host: string,
    what: string,
    body: unknown,
    withinMs: number,
  ): { readonly message: PeerMessage; readonly reply: Promise<unknown> };
}

/** A question is answered at once or not at all. */
const mostAsksOpen = 64;

/** Nothing was said yet. */
export function openConversation(options: {
  readonly me: string;
  readonly machine: string;
  readonly events: PeerEvents;
}): Conversation {
  const { me, events } = options;
  /** The newest question to each host, and questions of others that wait for our answer. */
  const asked = new Map<string, { readonly ask: number; readonly nonce: string }>();
  const askers = new Map<string, { readonly caller: Caller; readonly nonce: string }>();
  const calls = openCalls();

  const heard = (said: PeerMessage, caller: Caller): void => {
    switch (said.kind) {
      case 'nudge':
        events.nudged();
        break;
      case 'report': {
        const report = readReport(said.report);
        if (report !== null) events.report(caller.host, report);
        break;
      }
      case 'ask':
        if (askers.size >= mostAsksOpen) askers.clear();
        askers.set(`${caller.host} ${said.ask}`, { caller, nonce: said.nonce });
        events.asked(caller.host, said.ask, said.epoch);
        break;
      case 'down':
        events.down(said.leaveRunning);
        break;
      case 'ping':
        caller.reply({ kind: 'pong', from: me });
        break;
      case 'call':
        void carryOut(said.id, said.what, said.body, caller);
        break;
      case 'answer':
      case 'pong':
      case 'reply':
        break;
      default:
        said satisfies never;
    }
  };
  const carryOut = async (id: number, what: string, body: unknown, caller: Caller): Promise<void> => {
    try {
      caller.reply({ kind: 'reply', from: me, id, ok: true, body: await events.called(what, body) });
    } catch (error) {
      const why = errorWords(error);
      caller.reply({ kind: 'reply', from: me, id, ok: false, body: why });
    }
  };

  return {
    heard,
    answered(host, said) {
      if (said.from !== host) return;
      if (said.kind === 'answer') {
        const question = asked.get(host);
        if (question?.ask !== said.ask || question.nonce !== said.nonce) return;
        asked.delete(host);
        events.answered(host, said.machine, said.ask, said.given);
      } else if (said.kind === 'reply') calls.replied(host, said.id, said.ok, said.body);
    },
    question(host, ask, epoch) {
      const nonce = randomBytes(9).toString('base64');
      asked.set(host, { ask, nonce });
      return { kind: 'ask', from: me, ask, epoch, nonce };
    },
    answer(host, ask, given) {
      const asker = askers.get(`${host} ${ask}`);
      askers.delete(`${host} ${ask}`);
      asker?.caller.reply({ kind: 'answer', from: me, ask, given, nonce: asker.nonce, machine: options.machine });
    },
    call(host, what, body, withinMs) {
      const { id, reply } = calls.begin(host, withinMs);
      return { message: { kind: 'call', from: me, id, what, body }, reply };
    },
  };
}
