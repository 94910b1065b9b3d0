// Which files a command runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programsOf } from '../../src/agent/programs.ts';

test('the program, and the script that an interpreter is given', () => {
  const argv = (...words: readonly string[]): readonly string[] => programsOf({ kind: 'argv', argv: words });
  const shell = (line: string): readonly string[] => programsOf({ kind: 'shell', line });
  assert.deepEqual(argv('lighttpd', '-D', '-f', 'web.conf'), ['lighttpd']);
  assert.deepEqual(argv('./bin/pricer', 'etc/x'), ['./bin/pricer']);
  assert.deepEqual(argv('/usr/bin/python3.11', '-u', 'app.py', 'x'), ['/usr/bin/python3.11', './app.py']);
  assert.deepEqual(argv('python3', '-m', 'http.server'), ['python3']);
  assert.deepEqual(argv('java', '-Xmx1g', '-jar', 'lib/a.jar', 'b'), ['java', 'lib/a.jar']);
  assert.deepEqual(argv('sh', '-c', 'run'), ['sh']);
  assert.deepEqual(shell('exec node feed.mjs --port=1'), ['node', './feed.mjs']);
  assert.deepEqual(shell('while :; do feed >> log/out; sleep 1; done'), ['feed', 'sleep']);
});
