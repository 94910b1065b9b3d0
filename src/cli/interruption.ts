// ^C and SIGTERM for verbs that follow something: the first asks for a clean end, the second ends at once.

const controller = new AbortController();
let listening = false;

/** A signal that aborts at ^C. From the first call on, the process no longer dies of it by itself. */
export function interruption(): AbortSignal {
  if (!listening) {
    listening = true;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(130);
        controller.abort();
      });
  }
  return controller.signal;
}

/** Waits, but not longer than until ^C. False when it was interrupted. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve(!signal.aborted);
    }
    signal.addEventListener('abort', end, { once: true });
  });
}
