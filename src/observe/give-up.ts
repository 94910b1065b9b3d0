// When an answer is given up.

/**
 * Gives up after so many ms, unless what it hands back is called. After a halt of this thread, or of a busy machine, an answer that came in time may still
 * wait to be heard: it is heard first.
 */
export function giveUpAfter(withinMs: number, giveUp: () => void): () => void {
  let waiting: NodeJS.Immediate | undefined;
  const limit = setTimeout(() => {
    waiting = setImmediate(giveUp);
  }, withinMs);
  return () => {
    clearTimeout(limit);
    clearImmediate(waiting);
  };
}
