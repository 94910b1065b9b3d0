// What everybody would write first: a Node parent that starts each child and starts it again on `exit`. To compare with.
// Arguments: how many, a program with its arguments. Tells { name, pid } of each start over IPC; ends its children on SIGTERM.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';

const [count, program, ...args] = process.argv.slice(2);
const output = openSync(process.env.LOG, 'a');
const children = new Set();
let ending = false;

function start(name) {
  const child = spawn(program, args, { stdio: ['ignore', output, output], env: { ...process.env, NAME: name } });
  children.add(child);
  child.on('exit', () => {
    children.delete(child);
    if (!ending) start(name);
  });
  process.send?.({ name, pid: child.pid });
}

process.on('SIGTERM', () => {
  ending = true;
  for (const child of children) child.kill('SIGKILL');
  process.disconnect?.();
});

for (let n = 0; n < Number(count); n++) start(`s${n}`);
