// Writes 100 MB each second, without an end.
import { writeSync } from 'node:fs';

const line = Buffer.from(`${'all work and no play '.repeat(5)}\n`.repeat(10_000).slice(0, 1_000_000));
setInterval(() => writeSync(1, line), 10);
