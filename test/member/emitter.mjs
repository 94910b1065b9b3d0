// A service for the tests: says every millisecond when it asked and whether it might emit.
import { writeSync } from 'node:fs';
import { member } from '../../src/member.js';

const m = member();
setInterval(() => {
  const may = m.mayEmit();
  writeSync(1, `${Number(process.hrtime.bigint()) / 1e6} ${may}\n`);
}, 1);
