// Installs Debian packages without letting them start a service: a temporary policy-rc.d answers 101 (forbidden)
// and the one that was there comes back afterwards, also after a signal. If even that is prevented (SIGKILL),
// the saved file stays beside it, and the next run puts it back first.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const policy = '/usr/sbin/policy-rc.d';
const saved = `${policy}.before-standfast`;
const absent = '#!/bin/sh\n# there was none\n';

export function installPackages(names: readonly string[]): { ok: boolean; output: string } {
  const ignoreSignal = (): void => {};
  process.on('SIGINT', ignoreSignal).on('SIGTERM', ignoreSignal);
  restorePolicy();
  try {
    forbidStarts();
    let output = '';
    const get = (args: readonly string[]): boolean => {
      const run = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
        encoding: 'utf8',
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 64 << 20,
      });
      output += `$ apt-get ${args.join(' ')}\n${run.stdout ?? ''}${run.stderr ?? ''}${run.error ? `${run.error.message}\n` : ''}`;
      return run.status === 0;
    };
    const updated = get(['update', '-qq']);
    const ok = get(['install', '-y', '-qq', '--no-install-recommends', ...names]);
    return { ok, output: updated ? output : `apt-get update failed; installed from the lists at hand\n${output}` };
  } finally {
    restorePolicy();
    process.off('SIGINT', ignoreSignal).off('SIGTERM', ignoreSignal);
  }
}

function forbidStarts(): void {
  if (existsSync(policy)) renameSync(policy, saved);
  else writeFileSync(saved, absent, { mode: 0o644 });
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
}

function restorePolicy(): void {
  if (!existsSync(saved)) return;
  if (readFileSync(saved, 'utf8') === absent) {
    rmSync(policy, { force: true });
    rmSync(saved);
  } else renameSync(saved, policy);
}
