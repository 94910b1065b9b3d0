// The program `iris` of the rehearsal: `iris NAME` runs a process in the foreground (`start NAME` and `stop NAME`, which monit calls, are in the shell script
// that build.mjs writes), `iris controller_tool --export|--import [--file F]
// [--retainSerial=keep|replace]`, and `iris configuration_tool --import FOLDER`, which writes a folder of configuration into etcd.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { propertiesOf } from './properties.mjs';

const { env } = process;
const resources = join(env.DH_ETC, 'resources');
const [what = '', ...words] = process.argv.slice(2);

try {
  if (what === 'controller_tool') await controllerTool();
  else if (what === 'configuration_tool') await configurationTool();
  else await import('./stand-in.mjs');
} catch (error) {
  process.stderr.write(`iris ${what}: ${error.cause?.code ?? error.message}\n`);
  process.exitCode = 1;
}

async function controllerTool() {
  const file = option('--file') ?? join(env.DH_ADMIN_HOME, 'controller_tool', 'controllerToolExport.xml');
  const retain = option('--retainSerial') ?? '';
  if (!['', 'keep', 'replace'].includes(retain))
    throw new Error(`--retainSerial=${retain} is neither keep nor replace`);
  const url = `http://127.0.0.1:${propertiesOf('iris_controller', resources).get('iris_controller.port')}/queries`;
  if (words.includes('--export')) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(await answer.text());
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await answer.text());
    process.stdout.write(`exported to ${file}\n`);
  } else if (words.includes('--import')) {
    const answer = await fetch(`${url}?retainSerial=${retain}`, { method: 'POST', body: readFileSync(file) });
    if (!answer.ok) throw new Error(await answer.text());
    process.stdout.write(await answer.text());
  } else throw new Error('write --export or --import');
}

async function configurationTool() {
  const folder = option('--import') ?? '';
  const properties = propertiesOf('configuration_server', resources);
  for (const file of readdirSync(folder)) {
    const key = Buffer.from(`/deephaven/config/${file}`).toString('base64');
    const value = readFileSync(join(folder, file)).toString('base64');
    const answer = await fetch(`${properties.get('etcd.url')}/v3/kv/put`, {
      method: 'POST',
      body: JSON.stringify({ key, value }),
    });
    if (!answer.ok) throw new Error(`etcd answers ${answer.status}`);
  }
  process.stdout.write(`imported ${folder}\n`);
}

/** `--name=value` or `--name value`. */
function option(name) {
  const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  if (at === -1) return undefined;
  return words[at].includes('=') ? words[at].slice(name.length + 1) : words[at + 1];
}
