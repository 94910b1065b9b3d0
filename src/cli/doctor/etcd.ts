// What `doctor` says of an etcd: each member, whether they agree, how quick they are, alarms, clocks; and what to do.

import { bytesWords } from '../../model/amount-words.ts';
import type { EtcdHealth } from '../world.ts';
import { durationText } from '../times.ts';
import type { Finding } from './machine.ts';

/** Half of all writes must be quicker than the first of these; nine in ten than the second. */
const quick = { medianMs: 25, slowestMs: 100 };
/** A renewal of the shortest session must come through well within it. */
const tooSlowMs = 300;
/** The time of day is known to about a second. */
const clocksApartMs = 3000;
/** etcd's own quota is 2 GiB; at it nothing is written any more. */
const largeBytes = 1.6 * 1024 ** 3;

/** Findings of the members that `health` asked; `managed`: Standfast runs them. */
export function etcdFindings(health: EtcdHealth, managed: boolean): readonly Finding[] {
  return [
    ...health.members.map((member) => memberFinding(member, managed, health.listed)),
    ...clusterFindings(health, managed),
    ...alarmFindings(health),
    writeFinding(health),
    ...clockFindings(health),
  ];
}

type Member = EtcdHealth['members'][number];

/** `up` writes the members of a managed etcd down, and only where nothing of the system runs. */
const takenUpByUp =
  'This machine goes by that after its next `standfast down` and `up`; until then the others are enough.';

function memberFinding(member: Member, managed: boolean, listed: EtcdHealth['listed']): Finding {
  const what = `etcd ${member.endpoint}`;
  const belongs = listed?.some(({ clientUrls }) => clientUrls.length === 0 || clientUrls.includes(member.endpoint));
  if (managed && member.why !== null && belongs === false)
    return { what, verdict: 'soso', found: 'no longer a member: its host was taken out', next: takenUpByUp };
  if (member.why !== null)
    return {
      what,
      verdict: 'bad',
      found: `missing: ${member.why.replace(`${member.endpoint}: `, '').replace(`${member.endpoint} `, '')}`,
      next: managed
        ? "Its host's agent keeps it running; that agent's log says what it waits for, log/+etcd.log beside it what etcd said."
        : 'Start it, or mend the way to it. While a majority of the members answers, the store works.',
    };
  if (member.leader === '0')
    return {
      what,
      verdict: 'bad',
      found: 'answers, and knows of no leader',
      next: 'It sees no majority of the members: bring the others back, or mend the network between them (peer port).',
    };
  if (member.errors.length > 0)
    return { what, verdict: 'bad', found: member.errors.join(', '), next: 'See the alarms below, and its log.' };
  const large = member.dbBytes > largeBytes;
  return {
    what,
    verdict: large ? 'soso' : 'good',
    found: `${member.version}${member.leader === member.id ? ', leads' : ''}, ${bytesWords(member.dbBytes)}`,
    next: large ? `It nears its quota (2 GiB unless set): ${mendSpace}` : null,
  };
}

const mendSpace =
  'etcdctl compact $(etcdctl endpoint status -w json | grep -o \'"revision":[0-9]*\' | head -1 | cut -d: -f2); then etcdctl defrag on each member; then etcdctl alarm disarm.';

function clusterFindings({ members, listed }: EtcdHealth, managed: boolean): Finding[] {
  const there = members.filter((member) => member.why === null);
  const findings: Finding[] = [];
  if (new Set(there.map((member) => member.cluster)).size > 1)
    findings.push({
      what: 'etcd cluster',
      verdict: 'bad',
      found: 'the URLs belong to several clusters',
      next: 'Name the members of one etcd only: agents that agree in two places could both make an instance active.',
    });
  const ids = new Set(there.map((member) => member.id));
  const unknown = (listed ?? []).filter((each) => !ids.has(each.id));
  const unreached = members.length - there.length;
  // Ours are registered by the very URLs that we ask; those of one's own may be reached by others.
  const isElsewhere = (each: (typeof unknown)[number]): boolean =>
    each.clientUrls.length > 0 && !members.some(({ endpoint }) => each.clientUrls.includes(endpoint));
  for (const each of managed ? unknown.filter(isElsewhere) : unknown.slice(0, Math.max(0, unknown.length - unreached)))
    findings.push({
      what: 'etcd member',
      verdict: 'soso',
      found: `${each.name === '' ? each.id : each.name} belongs to the cluster and is not among the URLs`,
      next: managed
        ? takenUpByUp
        : each.clientUrls.length > 0
          ? 'Add its URL to store: etcd:, so that it is asked when the others are lost.'
          : 'It was added and never started: start it, or remove it (etcdctl member remove).',
    });
  if (listed !== null && listed.length % 2 === 0)
    findings.push({
      what: 'etcd cluster',
      verdict: 'soso',
      found: `${listed.length} members, an even number`,
      next: `It bears the loss of ${listed.length / 2 - 1}, as ${listed.length - 1} would: add one, or remove one.`,
    });
  if (listed?.length === 1)
    findings.push({
      what: 'etcd cluster',
      verdict: 'soso',
      found: 'one member alone',
      next: 'While it is lost nothing can take over. Three bear the loss of one.',
    });
  const versions = new Set(there.map((member) => member.version));
  if (versions.size > 1)
    findings.push({
      what: 'etcd cluster',
      verdict: 'soso',
      found: `versions ${[...versions].join(' and ')}`,
      next: 'All speak as the oldest does: finish the upgrade.',
    });
  return findings;
}

function alarmFindings({ alarms, members }: EtcdHealth): Finding[] {
  return (alarms ?? []).map(({ kind, id }) => {
    const where = members.find((member) => member.id === id)?.endpoint ?? `member ${id}`;
    switch (kind) {
      case 'NOSPACE':
        return {
          what: 'etcd alarm',
          verdict: 'bad',
          found: `NOSPACE at ${where}: its database is at its quota, and nothing is written any more`,
          next: mendSpace,
        };
      case 'CORRUPT':
        return {
          what: 'etcd alarm',
          verdict: 'bad',
          found: `CORRUPT at ${where}: its data is not that of the others`,
          next: 'Remove that member, delete its data and add it again (etcdctl member remove, member add); then etcdctl alarm disarm.',
        };
      case 'other':
        return {
          what: 'etcd alarm',
          verdict: 'bad',
          found: `an alarm at ${where}`,
          next: 'etcdctl alarm list tells it.',
        };
      default:
        return kind satisfies never;
    }
  });
}

function writeFinding({ writeMs, cannotWrite }: EtcdHealth): Finding {
  const what = 'etcd writes';
  if (cannotWrite !== null)
    return {
      what,
      verdict: 'bad',
      found: `not possible: ${cannotWrite}`,
      next: 'Services go on while their hosts reach each other; nothing can take over. Bring a majority of the members back.',
    };
  const median = writeMs[Math.floor(writeMs.length / 2)] ?? 0;
  const slowest = writeMs[Math.ceil(writeMs.length * 0.9) - 1] ?? 0;
  const bad = slowest > tooSlowMs;
  const slow = median > quick.medianMs || slowest > quick.slowestMs;
  return {
    what,
    verdict: bad ? 'bad' : slow ? 'soso' : 'good',
    found: `${durationText(median)} at the median, nine in ten within ${durationText(slowest)} (round trip, fsync on a majority, commit)`,
    next:
      bad || slow
        ? 'Slow: as a rule its disk (metric etcd_disk_wal_fsync_duration_seconds) or the network between members (etcd_network_peer_round_trip_time_seconds). Give it an SSD that it need not share, and processors.'
        : null,
  };
}

function clockFindings({ members }: EtcdHealth): Finding[] {
  return members
    .filter((member) => member.clockAheadMs !== null && Math.abs(member.clockAheadMs) > clocksApartMs)
    .map((member) => {
      const by = member.clockAheadMs ?? 0;
      return {
        what: `clock at ${member.endpoint}`,
        verdict: 'soso',
        found: `${durationText(Math.abs(by))} ${by > 0 ? 'ahead of' : 'behind'} this machine`,
        next: 'No lease depends on the time of day, but certificates, logs and what people read do: run chrony or ntpd on both.',
      };
    });
}
