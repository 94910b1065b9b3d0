// A service that says once that it runs, and then only is there. NAME and OUT (a FIFO) are in its environment.
import { appendFileSync } from 'node:fs';

appendFileSync(process.env.OUT, `${process.env.NAME}\n`);
setInterval(() => {}, 1_000_000);
