// Server-sent events: the status whenever it changed. A slow reader misses what lies between and gets the newest; nobody's slowness
// makes the agent hold more than one message for him.

import type { ServerResponse } from 'node:http';
import type { AgentAnswers } from '../api.ts';

/** All who follow the status. */
export interface EventStream {
  add(response: ServerResponse): void;
  close(): void;
}

/** So that a reader can tell a quiet system from a dead agent: it hears something at least this often. In ms. */
const pulseMs = 1000;
/** The budget and `atMs` move without a change: the status is sent at least this often. In pulses. */
const pulsesPerStatus = 5;

/** Begins to listen for changes when the first reader comes, stops with the last. */
export function openStream(answers: AgentAnswers): EventStream {
  const readers = new Set<ServerResponse>();
  /** Those that have not taken the newest yet. */
  const behind = new Set<ServerResponse>();
  let stopListening: (() => void) | null = null;
  let timer: NodeJS.Timeout | null = null;
  let pulses = 0;

  function sendStatus(to: Iterable<ServerResponse>): void {
    let message: string | null = null;
    for (const reader of to) {
      if (reader.writableNeedDrain) {
        behind.add(reader);
        continue;
      }
      message ??= `event: status\ndata: ${JSON.stringify(answers.status())}\n\n`;
      behind.delete(reader);
      reader.write(message);
    }
  }

  function pulse(): void {
    pulses += 1;
    if (pulses % pulsesPerStatus === 0) {
      sendStatus(readers);
      return;
    }
    for (const reader of readers) if (!reader.writableNeedDrain) reader.write(': \n\n');
  }

  function remove(reader: ServerResponse): void {
    readers.delete(reader);
    behind.delete(reader);
    if (readers.size > 0) return;
    stopListening?.();
    stopListening = null;
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  return {
    add(reader) {
      reader.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      reader.on('drain', () => {
        if (behind.has(reader)) sendStatus([reader]);
      });
      reader.once('close', () => {
        remove(reader);
      });
      readers.add(reader);
      stopListening ??= answers.onChange(() => {
        sendStatus(readers);
      });
      timer ??= setInterval(pulse, pulseMs);
      sendStatus([reader]);
    },
    close() {
      for (const reader of readers) {
        remove(reader);
        reader.end();
      }
    },
  };
}
