// Every command of the two READMEs is run, in order, in a checkout of its own; after the more telling ones it is looked whether what
// the text promises has come about. A block ```sh is run to its end and must succeed; a block ```sh follow goes on in the background.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { FailoverView, StatusView } from '../../src/api.ts';
import { Checkout, eventually } from './checkout.ts';

const repository = join(import.meta.dirname, '../..');

interface Block {
  readonly heading: string;
  readonly follow: boolean;
  readonly line: string;
}

/** What can't be run from here, and why not. */
const notHere = new Map([['npm cit', 'is what runs this test']]);

/** Exit 1 of these says that something is wrong at the moment, which after breaking things it may be. */
const mayBeNo = /standfast (status|incidents)$/;

function blocks(text: string): Block[] {
  const found: Block[] = [];
  let heading = '';
  for (const [, title, marker, line] of text.matchAll(/^## (.*)$|^```sh(.*)\n([^]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else found.push({ heading, follow: marker?.trim() === 'follow', line: line?.trim() ?? '' });
  }
  return found;
}

/** Runs all blocks; `after` looks at what came of the blocks under a heading, before the next begins. */
async function runAll(
  file: string,
  after: Readonly<Record<string, (checkout: Checkout) => Promise<void>>>,
): Promise<void> {
  const all = blocks(readFileSync(join(repository, file), 'utf8'));
  assert.ok(all.length > 0, 'there are commands');
  for (const heading of Object.keys(after))
    assert.ok(
      all.some((block) => block.heading === heading),
      `no heading ${heading}`,
    );
  const checkout = await Checkout.make();
  const followers: ChildProcess[] = [];
  try {
    for (const [index, block] of all.entries()) {
      if (notHere.has(block.line)) continue;
      if (block.follow) {
        const follower = checkout.start(block.line);
        followers.push(follower);
        let said = '';
        follower.stderr?.on('data', (part) => (said += String(part)));
        const first = follower.stdout === null ? [] : [once(follower.stdout, 'data')];
        await Promise.race([...first, once(follower, 'exit')]);
        assert.equal(follower.exitCode, null, `${block.line}\n${said}`);
        follower.stdout?.resume();
      } else {
        const { code, output } = await checkout.sh(block.line);
        assert.ok(code === 0 || (code === 1 && mayBeNo.test(block.line)), `${block.line}\nexit ${code}\n${output}`);
      }
      const last = all[index + 1]?.heading !== block.heading;
      if (last) await after[block.heading]?.(checkout);
      if (!block.line.includes('standfast down')) await settledUnlessDown(checkout, block);
    }
    await gone(checkout, followers);
  } finally {
    for (const follower of followers) interrupt(follower);
    checkout.remove();
  }
}

/** After a host was killed things settle only once it was brought back. */
async function settledUnlessDown(checkout: Checkout, block: Block): Promise<void> {
  if (!block.line.endsWith('/pid a)')) await checkout.settled();
}

function interrupt(follower: ChildProcess): void {
  if (follower.pid === undefined || follower.exitCode !== null || follower.signalCode !== null) return;
  process.kill(-follower.pid, 'SIGINT');
}

/** Interrupts what follows; then nothing is left. */
async function gone(checkout: Checkout, followers: readonly ChildProcess[]): Promise<void> {
  for (const follower of followers) {
    if (follower.exitCode !== null || follower.signalCode !== null) continue;
    const ended = once(follower, 'exit');
    interrupt(follower);
    await ended;
  }
  // `down` has said so; its agents may be on their last line.
  await eventually(
    () => `nothing is left after \`down\`, but ${checkout.marked().join(' ')} are`,
    () => checkout.marked().length === 0,
  );
}

function service(status: StatusView, name: string): StatusView['services'][number] {
  const found = status.services.find((each) => each.name === name);
  assert.ok(found, `no ${name} in the status`);
  return found;
}

/** The failover is told: an agent learns of one on another host a moment later. */
async function toldFailover(checkout: Checkout, is: (row: FailoverView) => boolean): Promise<FailoverView> {
  let output = '';
  let found: FailoverView | undefined;
  await eventually(
    () => `it is among the failovers: ${output}`,
    async () => {
      ({ output } = await checkout.sh('./standfast failovers --json'));
      found = (JSON.parse(output) as FailoverView[]).find(is);
      return found !== undefined;
    },
  );
  return found ?? assert.fail(output);
}

const activeOn = (checkout: Checkout, name: string, host: string): Promise<StatusView> =>
  checkout.until(`${name} active on ${host}`, (status) => service(status, name).active.join() === host);

suite('README.md', () => {
  test('every command does what it says', async () => {
    await runAll('README.md', {
      'Try it': async (checkout) => assert.deepEqual(await checkout.status(), null, 'down is down'),
    });
  });

  test('the description that it shows is valid', async () => {
    const text = /^```yaml\n([^]*?)^```$/m.exec(readFileSync(join(repository, 'README.md'), 'utf8'))?.[1];
    assert.ok(text);
    const checkout = await Checkout.make();
    try {
      mkdirSync(join(checkout.folder, 'shop'));
      writeFileSync(join(checkout.folder, 'shop/standfast.yaml'), text);
      const { code, output } = await checkout.sh('./standfast check shop');
      assert.equal(code, 0, output);
    } finally {
      checkout.remove();
    }
  });
});

suite('examples/pricing/README.md', () => {
  test('every command does what it says', async () => {
    await runAll('examples/pricing/README.md', {
      'Start it': async (checkout) => {
        const status = await checkout.settled();
        assert.deepEqual(service(status, 'pricer').active, ['a']);
        assert.deepEqual(service(status, 'feed').active.toSorted(), ['a', 'b']);
      },
      'Kill a feed: nothing happens': async (checkout) => {
        const isBack = (status: StatusView): boolean =>
          service(status, 'feed').instances.find(({ host }) => host === 'a')?.restarts === 1;
        await checkout.until('the feed on a was restarted once', isBack);
        assert.ok(isBack(await checkout.settled()), 'and no more');
      },
      'Kill the pricer: a blink': async (checkout) => {
        await activeOn(checkout, 'pricer', 'b');
        const row = await toldFailover(checkout, ({ service: name, to }) => name === 'pricer' && to === 'b');
        assert.equal(row.from, 'a');
        assert.equal(row.declaredZMs, 5000);
      },
      'Stop it, so that it is alive and silent': async (checkout) => void (await activeOn(checkout, 'pricer', 'a')),
      'Kill risk: the load shows': async (checkout) => {
        await activeOn(checkout, 'risk', 'b');
        const row = await toldFailover(checkout, ({ service: name, to }) => name === 'risk' && to === 'b');
        assert.ok((row.iMs ?? 0) >= 390, `i was ${row.iMs}`);
      },
      'Kill Standfast': async (checkout) => {
        // To a, and back when the agent there is not given the processor for as long as its leases last.
        await toldFailover(checkout, ({ service: name, from }) => name === 'risk' && from === 'b');
        await checkout.until('risk is active', (status) => service(status, 'risk').active.length === 1);
      },
      'Lose a host': async (checkout) => void (await activeOn(checkout, 'pricer', 'b')),
      'Do it on purpose': async (checkout) => void (await activeOn(checkout, 'pricer', 'a')),
    });
  });
});
