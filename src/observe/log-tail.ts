// Follows a log file and looks for a pattern in what was added. It stands for a file that is not yet there, one that is cut
// off (copy and truncate), one that is moved away and made anew, lines of a megabyte, and bytes that are no text.
// Does not cover: a file cut off and grown past the old length between two looks; the lines in between are not seen.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** How long a file was, and which file it was. Null: it was not there. */
export type LogMark = { readonly size: number; readonly inode: number } | null;

/** The mark of a file as it stands now. Never rejects. */
export async function markLog(path: string): Promise<LogMark> {
  try {
    const { size, ino } = await stat(path);
    return { size, inode: ino };
  } catch {
    return null;
  }
}

/** What one look found. */
export interface LogLook {
  /** How many lines matched in what this look read. */
  readonly matches: number;
  /** The last of them. */
  readonly line: string | null;
  /** Bytes that were jumped over because they came faster than they are read. */
  readonly skipped: number;
}

const chunkBytes = 64 * 1024;
/** A longer line is looked at in pieces of this length. */
const longestLine = 1024 * 1024;

/** Follows one file. One look at a time. */
export class LogTail {
  readonly #path: string;
  readonly #pattern: RegExp;
  #mark: LogMark;
  #handle: FileHandle | null = null;
  #inode = 0;
  #position = 0;
  #decoder = new StringDecoder('utf8');
  #partial = '';

  /** Reads on from the mark; null reads the file from its beginning. */
  constructor(path: string, pattern: RegExp, mark: LogMark) {
    this.#path = path;
    this.#pattern = pattern;
    this.#mark = mark;
  }

  /**
   * Reads what was added, `budget` bytes at most. `unfinished`: a last line without its line break counts too (a wait does
   * not mind that it is read again). `jump`: when more was added than the budget, only its end is read.
   * A file that is not there has nothing added; rejects when it cannot be read.
   */
  async look(options: { budget: number; unfinished: boolean; jump: boolean }): Promise<LogLook> {
    let found: LogLook = { matches: 0, line: null, skipped: 0 };
    let budget = options.budget;
    // Twice: what is left of the file that was moved away, then the new one in its place.
    for (let file = 0; file < 2 && budget > 0; file++) {
      if (this.#handle === null && !(await this.#open())) break;
      const skipped = await this.#settle(options.jump ? budget : Infinity);
      found = { ...found, skipped: found.skipped + skipped };
      budget -= await this.#read(budget, (line) => {
        if (this.#pattern.test(line)) found = { ...found, matches: found.matches + 1, line };
      });
      if (budget <= 0 || !(await this.#movedAway())) break;
      await this.close();
    }
    if (options.unfinished && found.matches === 0 && this.#partial !== '' && this.#pattern.test(this.#partial))
      found = { ...found, matches: 1, line: this.#partial };
    return found;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    this.#startOver(0);
    await handle?.close().catch(() => {});
  }

  async #open(): Promise<boolean> {
    let handle: FileHandle;
    try {
      // Without blocking: a pipe in the place of a file would hold a thread for ever.
      handle = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
        // What comes into being later is new from its first byte on.
        this.#mark = null;
        return false;
      }
      throw error;
    }
    const { ino, isFile } = await handle.stat().then((seen) => ({ ino: seen.ino, isFile: seen.isFile() }));
    if (!isFile) {
      await handle.close();
      throw new Error(`${this.#path} is not a file`);
    }
    this.#handle = handle;
    this.#inode = ino;
    this.#startOver(this.#mark?.inode === ino ? this.#mark.size : 0);
    this.#mark = null;
    return true;
  }

  /** After a truncation begins anew, and jumps when more than `most` is unread; answers how many bytes are left out. */
  async #settle(most: number): Promise<number> {
    if (this.#handle === null) return 0;
    const { size } = await this.#handle.stat();
    if (size < this.#position) this.#startOver(0);
    const unread = size - this.#position;
    if (unread <= most) return 0;
    this.#startOver(size - most);
    return unread - most;
  }

  async #read(budget: number, each: (line: string) => void): Promise<number> {
    let done = 0;
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, budget));
    while (this.#handle !== null && done < budget) {
      const { bytesRead } = await this.#handle.read(buffer, 0, Math.min(buffer.length, budget - done), this.#position);
      if (bytesRead === 0) break;
      this.#position += bytesRead;
      done += bytesRead;
      this.#split(this.#decoder.write(buffer.subarray(0, bytesRead)), each);
    }
    return done;
  }

  #split(text: string, each: (line: string) => void): void {
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      const line = this.#partial + text.slice(from, at);
      this.#partial = '';
      from = at + 1;
      each(line.endsWith('\r') ? line.slice(0, -1) : line);
    }
    this.#partial += text.slice(from);
    if (this.#partial.length >= longestLine) {
      each(this.#partial);
      this.#partial = '';
    }
  }

  async #movedAway(): Promise<boolean> {
    const now = await markLog(this.#path);
    return now !== null && now.inode !== this.#inode;
  }

  #startOver(position: number): void {
    this.#position = position;
    this.#partial = '';
    this.#decoder = new StringDecoder('utf8');
  }
}
