// Many pages ask the same at the same moment: one asks, all get that answer.

/** A question whose answer serves all who ask within `forMs` of its being asked; one that failed is asked anew. */
export function shared<T>(forMs: number, ask: () => Promise<T>): () => Promise<T> {
  const by = sharedBy<null, T>(forMs, 1, ask);
  return () => by(null);
}

/** The same for each of many questions (plain data), of which the `most` asked last are kept. */
export function sharedBy<Q, T>(
  forMs: number,
  most: number,
  ask: (question: Q) => Promise<T>,
): (question: Q) => Promise<T> {
  const kept = new Map<string, { readonly answer: Promise<T>; readonly at: number }>();
  return (question) => {
    const key = JSON.stringify(question);
    const known = kept.get(key);
    if (known !== undefined && performance.now() - known.at < forMs) return known.answer;
    const answer = ask(question);
    kept.delete(key);
    kept.set(key, { answer, at: performance.now() });
    answer.catch(() => {
      if (kept.get(key)?.answer === answer) kept.delete(key);
    });
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    return answer;
  };
}
