// How answers are kept: 24 bytes each, so that a client that asks six addresses every 5 ms can keep all of them.

/** An answer as a client held it. Times are CLOCK_MONOTONIC in ms, comparable between all processes of this machine. */
export interface Answer {
  readonly sentAt: number;
  readonly heldAt: number;
  /** Which address was asked, by its place in the client's list. */
  readonly line: number;
  readonly term: number;
  readonly active: boolean;
}

export const recordBytes = 24;

/** Writes one answer at `at`. */
export function writeAnswer(to: Buffer, at: number, answer: Answer): void {
  to.writeDoubleLE(answer.sentAt, at);
  to.writeDoubleLE(answer.heldAt, at + 8);
  to.writeUInt32LE(answer.term, at + 16);
  to.writeUInt16LE(answer.line, at + 20);
  to.writeUInt16LE(answer.active ? 1 : 0, at + 22);
}

/** All answers of a file; a part of one at its end, from a client that was killed, is left out. */
export function* readAnswers(from: Buffer): Generator<Answer> {
  for (let at = 0; at + recordBytes <= from.length; at += recordBytes)
    yield {
      sentAt: from.readDoubleLE(at),
      heldAt: from.readDoubleLE(at + 8),
      term: from.readUInt32LE(at + 16),
      line: from.readUInt16LE(at + 20),
      active: from.readUInt16LE(at + 22) === 1,
    };
}
