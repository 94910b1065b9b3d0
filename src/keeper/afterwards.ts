// What nobody waits for once an instance has ended: its folder and its control group are taken away a little later. Done at once they would be in the way of
// the start that as a rule follows, for the same disk, threads and locks of the kernel.

/** By then a replacement has been started. */
const laterMs = 20;

/** Work for later, in the order in which it came. */
export class Afterwards {
  #waiting: (() => Promise<unknown>)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `work` never rejects. */
  add(work: () => Promise<unknown>): void {
    this.#waiting.push(work);
    this.#timer ??= setTimeout(() => void this.flush(), laterMs);
  }

  /** Does all of it now; resolves when it is done. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#waiting.splice(0).map((work) => work()));
  }
}
