// What runbooks read off the live system: is it as it should be, is Standfast moving it, which host is meant, what a block finds in its environment.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAutoRunbooks } from '../../src/agent/runbook-auto.ts';
import { failoverUnderWay, filledText, standsNow, surroundingsOf, usualHost } from '../../src/agent/runbook-facts.ts';
import type { Phase } from '../../src/model/states.ts';
import { ms } from '../../src/model/units.ts';
import { incident, instance, service, status } from '../cli/views.ts';
import { service as described, system } from '../judge/systems.ts';

const pricer = described('pricer', ['a', 'b'], { policy: 'hot-active/warm-active' });
const moving = (a: [Phase, Phase], b: [Phase, Phase]): string | null =>
  failoverUnderWay(
    status({
      services: [service('pricer', [instance('a', a[0], { planned: a[1] }), instance('b', b[0], { planned: b[1] })])],
    }),
    pricer,
  );

test('a failover is under way while something is on its way to be active, or is being stopped; not when nothing can take over', () => {
  assert.equal(moving(['active', 'active'], ['standby', 'standby']), null);
  assert.match(moving(['failed', 'down'], ['standby', 'active']) ?? '', /pricer@b is standby/);
  assert.match(moving(['stopping', 'standby'], ['standby', 'standby']) ?? '', /pricer@a is stopping/);
  assert.match(moving(['failed', 'down'], ['starting', 'active']) ?? '', /pricer@b is starting/);
  assert.equal(moving(['failed', 'active'], ['failed', 'standby']), null, 'then a runbook is needed most');
  assert.equal(moving(['active', 'active'], ['starting', 'standby']), null, 'a standby that comes back moves nothing');
  assert.equal(failoverUnderWay(status(), described('pricer', ['a'])), null, 'one host: nothing moves');
});

test('as it should be: planned phase and severity 0, of an instance or of a service', () => {
  const view = status({
    services: [
      service('good', [instance('a', 'active'), instance('b', 'standby')]),
      service('coming', [instance('a', 'starting', { planned: 'active' })]),
      service('erring', [instance('a', 'active', { severity: 3, reason: 'log ERROR' })], { severity: 3 }),
      service('night', [instance('a', 'down')], { scheduledDown: true }),
    ],
  });
  const stands = (subject: string): boolean | null => standsNow(view, subject)?.stands ?? null;
  assert.deepEqual(
    ['good', 'good@b', 'coming', 'coming@a', 'erring', 'erring@a', 'night', 'night@a', 'none', 'good@c'].map(stands),
    [true, true, false, false, false, false, true, true, null, null],
  );
  assert.match(standsNow(view, 'erring@a')?.text ?? '', /erring@a is active: log ERROR/);
});

test('the host that is meant is the worst one, else the active one', () => {
  const at = (...instances: Parameters<typeof service>[1]): string =>
    usualHost(status({ services: [service('pricer', instances)] }), pricer, 'me');
  assert.equal(at(instance('a', 'active'), instance('b', 'failed', { severity: 1 })), 'b');
  assert.equal(at(instance('a', 'standby'), instance('b', 'active')), 'b');
  assert.equal(usualHost(status(), null, 'me'), 'me');
});

test('a run begins by itself for the gravest fault that is there at this moment, and not for one that comes and goes', () => {
  const about = { service: 'pricer', instance: 'pricer@a', host: 'a', sinceMs: 0 } as const;
  const away = incident('away', { ...about, severity: 1, flapping: true, nextIs: 'wait' });
  const begun = (...incidents: ReturnType<typeof incident>[]): string[] => {
    const started: string[] = [];
    const auto = { severity: 2, atMost: 2, per: ms(3_600_000) } as const;
    const it = described('pricer', ['a', 'b'], { policy: 'hot-active/warm-active', autoRunbook: auto });
    openAutoRunbooks({
      me: 'a',
      system: () => system(['a', 'b'], [it], ['pricer']),
      status: () =>
        status({ incidents, services: [service('pricer', [instance('a', 'failed'), instance('b', 'down')])] }),
      runs: () => [],
      isOpen: () => false,
      nowMs: () => 60_000,
      note: () => undefined,
      start(_, of) {
        started.push(of.id);
        return Promise.resolve({ ok: false, code: 'SF-219', why: '', next: '' });
      },
    }).look();
    return started;
  };
  assert.deepEqual(begun(away), []);
  assert.deepEqual(begun(away, incident('here', { ...about, severity: 2, nextIs: 'runbook' })), ['here']);
});

test('a block finds names and live values in its environment, given ones too; a text is filled in for reading only', () => {
  const { env, dir } = surroundingsOf({
    run: {
      id: 'r-1',
      runbook: 'pricer',
      host: 'a',
      incident: null,
      values: { DATE: 'x y' },
      startedAtMs: 1_764_000_000_250,
    },
    service: pricer,
    status: status({ services: [service('pricer', [instance('a', 'active'), instance('b', 'standby')])] }),
    plans: null,
    output: (name) => `/state/${name}.log`,
    folder: '/described',
    state: '/state',
    programs: '/standfast',
  });
  assert.deepEqual(
    [
      env['service'],
      env['host'],
      env['pid'],
      env['role'],
      env['active'],
      env['log'],
      env['DATE'],
      env['incident'],
      env['began'],
      dir,
    ],
    ['pricer', 'a', '4312', 'active', 'a', '/state/pricer.log', 'x y', '', '1764000000.250', '/described'],
  );
  assert.ok(env['PATH']?.startsWith('/standfast:'));
  assert.equal(
    filledText('kill "${pid}" $host ${incident} ${other:-x} $$', env),
    'kill "4312" a ${incident} ${other:-x} $$',
  );
});
