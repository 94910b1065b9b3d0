// What an election of etcd may take, and what `check` says of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { longestElection, managedElection, mostElectionTimeout, silentMemberMs } from '../../src/model/election.ts';
import { ms } from '../../src/model/units.ts';

test('an election that fits is over, and a silent member passed by, before the last renewal runs out', () => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 2000 }), (ttl) => {
      const { heartbeat, timeout, fits } = managedElection(ms(ttl));
      // The last renewal was sent ttl/4 before at most; the holder must be inactive 50 ms early.
      const left = ttl - ttl / 4 - 50;
      if (fits) assert.ok(2 * timeout + silentMemberMs(ttl / 2) <= left);
      // What etcd demands of the two.
      assert.ok(timeout >= 5 * heartbeat && heartbeat >= 10);
    }),
  );
});

test('z of 1s and 2s fit a managed etcd, the shortest session does not', () => {
  assert.equal(managedElection(ms(682)).fits, true);
  assert.equal(managedElection(ms(1591)).fits, true);
  assert.equal(managedElection(ms(300)).fits, false);
});

test("etcd's own timeout of one second is too long for every session here", () => {
  assert.ok(mostElectionTimeout(ms(2000)) < 1000);
  assert.equal(mostElectionTimeout(ms(300)), 0);
  assert.ok(longestElection(ms(2000)) > longestElection(ms(1000)));
});
