// A journal that is still being opened: what is appended meanwhile is kept, since no act waits for a disk.

import { errorWords } from '../model/error-words.ts';
import type { Journal, JournalEntry } from '../ports.ts';

/** Stands for the journal until it is there. When it cannot be opened that is said, and every line counts as lost. */
export function journalLater(opening: Promise<Journal>): Journal {
  let opened: Journal | null = null;
  let lost = 0;
  /** Why it cannot be opened; null: it can, as far as is known. */
  let refused: string | null = null;
  const waiting: JournalEntry[] = [];
  const ready = opening.then(
    (journal) => {
      opened = journal;
      for (const entry of waiting.splice(0)) journal.append(entry);
    },
    (error: unknown) => {
      refused = errorWords(error);
      lost += waiting.splice(0).length;
      process.stderr.write(`the journal cannot be used, decisions are not recorded: ${refused}\n`);
    },
  );
  return {
    append(entry) {
      if (opened !== null) opened.append(entry);
      else if (refused === null && waiting.length < mostWaiting) waiting.push(entry);
      else lost += 1;
    },
    async flush() {
      await ready;
      await opened?.flush();
    },
    get lost() {
      return lost + (opened?.lost ?? 0);
    },
    get trouble() {
      return refused ?? opened?.trouble ?? null;
    },
    async close() {
      await ready;
      await opened?.close();
    },
  };
}

const mostWaiting = 10_000;
