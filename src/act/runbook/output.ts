// What a step writes, kept as text up to a limit: its beginning and its end. What lies between is counted and thrown away, so that a step that
// writes 100 MB costs nothing but the time to read it.

/** In characters. */
const keptHead = 4 * 1024;
const keptTail = 16 * 1024;

/** What was written so far. `tail` is the end of it; while `left` is 0, `head` + `tail` is all of it. */
export interface Written {
  readonly head: string;
  /** Characters that are not kept, between the two. */
  readonly left: number;
  readonly tail: string;
  /** Characters written in all. */
  readonly total: number;
}

/** Takes what comes, piece by piece; `written` may be asked at any time. */
export interface OutputKeeper {
  take(chunk: Buffer): void;
  readonly written: () => Written;
}

/** Nothing yet. Bytes that are no UTF-8 become U+FFFD; a zero byte stays what it is and is shown as such. */
export function keepOutput(): OutputKeeper {
  const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
  let head = '';
  let tail = '';
  let total = 0;
  return {
    take(chunk) {
      let text = decoder.decode(chunk, { stream: true });
      total += text.length;
      if (head.length < keptHead) {
        const room = keptHead - head.length;
        head += text.slice(0, room);
        text = text.slice(room);
      }
      tail = text.length >= keptTail ? text.slice(-keptTail) : tail + text;
      // Cut off now and then only: a copy for each small piece would cost more than what it saves.
      if (tail.length > 2 * keptTail) tail = tail.slice(-keptTail);
    },
    written() {
      const end = tail.slice(-keptTail);
      return { head, left: total - head.length - end.length, tail: end, total };
    },
  };
}
