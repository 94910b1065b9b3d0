// Mistakes to plant into a copy of the core, and where. A test sees to it that each still has its place; mistakes.ts that each is found.

export interface Edit {
  readonly from: string;
  readonly to: string;
}

/** Some are guarded twice: then every guard has to go before anything can break. */
export interface Mistake {
  readonly name: string;
  readonly edits: readonly Edit[];
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'the room is left out, and more: the holder stays until its peers may depose it',
    edits: [
      {
        from: 'const until = after(sent.sentAt, sent.ttlMs - d.s.timing.room);',
        to: 'const until = after(sent.sentAt, sent.ttlMs * 1.12);',
      },
    ],
  },
  {
    name: 'the room alone is left out: the holder may be active for all of ttl',
    edits: [
      {
        from: 'const until = after(sent.sentAt, sent.ttlMs - d.s.timing.room);',
        to: 'const until = after(sent.sentAt, sent.ttlMs);',
      },
    ],
  },
  {
    name: 'the drift alone is left out: deposed after ttl',
    edits: [
      {
        from: 'when: (f) => f.silentMs < f.ttlMs * (1 + drift)',
        to: 'when: (f) => f.silentMs < f.ttlMs',
      },
    ],
  },
  {
    name: 'a stale watch is believed: what a refused deposition shows of a session does not count as having moved',
    edits: [
      {
        from: 'peerSessionSeen(d, host, change.value, change.revision);',
        to: 'setPeer(d, host, { ...session, deposing: null, value: change.value, revision: change.revision });',
      },
    ],
  },
  {
    name: 'counted from when the answer was seen, not from when the renewal was sent',
    edits: [
      {
        from: 'const until = after(sent.sentAt, sent.ttlMs - d.s.timing.room);',
        to: 'const until = after(d.mono, sent.ttlMs - d.s.timing.room);',
      },
    ],
  },
  {
    name: 'drift with the wrong sign: deposed too early',
    edits: [
      {
        from: 'when: (f) => f.silentMs < f.ttlMs * (1 + drift)',
        to: 'when: (f) => f.silentMs < f.ttlMs * (1 - drift)',
      },
    ],
  },
  {
    name: 'a deactivation that is unknown is taken as done',
    edits: [
      {
        from: "if (outcome.kind !== 'done') { d.note({ kind: 'deactivateFailed'",
        to: "if (outcome.kind === 'failed') { d.note({ kind: 'deactivateFailed'",
      },
    ],
  },
  {
    name: 'a lease write that is unknown is taken as applied',
    edits: [
      {
        from: "case 'unknown': // Whether it was applied",
        to: "case 'unknown': leaseApplied(d, slot, record, rule, d.s.store.revision + 1); // Whether it was applied",
      },
    ],
  },
  {
    name: 'a promise is not counted as having seen a renewal',
    edits: [
      {
        from: 'sessions.set(from, { ...session, seenAt: d.mono });',
        to: 'sessions.set(from, { ...session });',
      },
    ],
  },
  {
    name: 'one silent host is taken for a promise',
    edits: [
      {
        from: '  if (waiting.length === 0) promised(d, ask.askedAt);',
        to: '  if (waiting.length <= 1) promised(d, ask.askedAt);',
      },
    ],
  },
  {
    name: 'a joined host is not asked to promise: only those of the list that is known to be applied',
    edits: [
      {
        from: 'for (const sent of d.s.own.sent) for (const host of sent.list) hosts.add(host);',
        to: '',
      },
    ],
  },
  {
    name: 'promises count from when they were given, not from when they were asked for',
    edits: [
      {
        from: '  if (waiting.length === 0) promised(d, ask.askedAt);',
        to: '  if (waiting.length === 0) promised(d, d.mono);',
      },
    ],
  },
  {
    name: 'deposition without compare',
    edits: [
      {
        from: 'compares: [{ key: keys.session(host), revision: session.revision }],',
        to: 'compares: [],',
      },
    ],
  },
  {
    name: 'renewal without compare',
    edits: [
      {
        from: "compares: [{ key: keys.session(d.s.me), revision: which === 'same' ? own.revision : (own.entry?.revision ?? 0) }],",
        to: 'compares: [],',
      },
    ],
  },
  {
    name: 'the lease is taken without compare on the lease',
    edits: [
      {
        from: 'const compares = [{ key: keys.lease(service.name), revision: kept?.revision ?? 0 }];',
        to: 'const compares: { key: string; revision: number }[] = [];',
      },
    ],
  },
  {
    name: 'a host that the session does not name deposes it',
    edits: [
      {
        from: 'when: (f) => !f.listed || !f.ownSession',
        to: 'when: (f) => !f.ownSession',
      },
    ],
  },
  {
    name: 'a joined host that the holder never heard of deposes it: by its own description, not by the list of the session',
    edits: [
      {
        from: "import { after, ms } from '../model/units.ts'; import type { Draft } from './draft.ts'; import type { StoreOutcome } from './input.ts'; import { keys, type SessionRecord } from './records.ts'; import { firstMatch",
        to: `import { after, ms } from '../model/units.ts';
          import { sharesLeaseWith } from '../model/system.ts';
          import type { Draft } from './draft.ts';
          import type { StoreOutcome } from './input.ts';
          import { keys, type SessionRecord } from './records.ts';
          import { firstMatch`,
      },
      {
        from: 'return session.mayDepose.includes(d.s.me) && (session.machines',
        to: `const [holder] = [...d.s.sessions].find(([, known]) => known.value === session) ?? [''];
          if (d.s.system !== null && sharesLeaseWith(d.s.system, holder).includes(d.s.me)) return true;
          return session.mayDepose.includes(d.s.me) && (session.machines`,
      },
    ],
  },
  {
    name: 'the promise of another machine of the same name is believed',
    edits: [
      {
        from: 'return [own, ...own.sent].every(({ list, machines }) => !list.includes(host) || machines[host] === machine);',
        to: 'return [own, ...own.sent].length > 0;',
      },
    ],
  },
  {
    name: 'a replaced host is handed the session of the former machine of its name',
    edits: [
      {
        from: "if (isOther && entry.mayDepose.length > 0) return 'other machine';",
        to: "if (isOther) return 'same boot';",
      },
    ],
  },
  {
    name: 'a replaced host ends the session of the former machine of its name, as if that had been booted again',
    edits: [{ from: "if (isOther && entry.mayDepose.length > 0) return 'other machine';", to: '' }],
  },
  {
    name: 'a lease is given away before the keeper has told what runs',
    edits: [{ from: 'when: (f) => !f.keeperSaid,', to: 'when: (f) => !f.keeperSaid && f.term < 0,' }],
  },
  {
    name: 'the lease is released before the end is confirmed',
    edits: [
      {
        from: "const inactive = (f: LeaseFacts): boolean => f.phase === 'none' ||",
        to: "const inactive = (f: LeaseFacts): boolean => f.phase === 'none' || f.phase === 'stopping' || f.phase === 'deactivating' ||",
      },
    ],
  },
  {
    name: 'a lease is held for free when the session that paid for it is not known yet',
    edits: [
      {
        from: 'return session.value.epoch > lease.epoch || (session.value.epoch === lease.epoch && session.value.dead)',
        to: 'return session.value.epoch !== lease.epoch || session.value.dead',
      },
    ],
  },
  {
    name: 'an activation before its deadline is armed: a cold one is started as active, and its deadline is to follow',
    edits: [
      {
        from: "beginStart(d, service, { role: 'active', term, deadline: validUntil });",
        to: "beginStart(d, service, { role: 'active', term, deadline: null });",
      },
    ],
  },
  {
    name: 'an activation without a deadline of its own: whatever the last one was',
    edits: [
      {
        from: 'term: slot.grant.term, deadline: validUntil',
        to: 'term: slot.grant.term, deadline: monoMs(validUntil + 5000)',
      },
    ],
  },
  {
    name: 'nobody is told the term that grew',
    edits: [
      {
        from: 'term: lease.term + 1,',
        to: 'term: Math.max(1, lease.term),',
      },
    ],
  },
  {
    name: 'promises revive a holder that lapsed: it goes on under its old term',
    edits: [
      {
        from: 'if (own.validUntil === null || d.mono >= own.validUntil) return;',
        to: `for (const slot of d.s.slots.values()) {
          const lease = d.s.leases.get(slot.service)?.value;
          if (lease?.host === d.s.me) d.setSlot(slot.service, { grant: { term: lease.term, epoch: own.epoch, rule: 146 } });
        }
        if (own.validUntil === null) return;`,
      },
      { from: 'f.holds === 0 || f.silentMs', to: 'f.silentMs' },
      { from: '!f.valid || !f.storeRead', to: '!f.storeRead' },
      { from: 'if (facts.holds > 0 && facts.valid) {', to: '{' },
      { from: 'store.reachable && keeper.up', to: 'keeper.up' },
    ],
  },
  {
    name: 'a hand-over that came to nothing is resumed without a new term',
    edits: [
      {
        from: "f.holder === 'me' && f.granted && f.phase === 'ready'",
        to: "f.holder === 'me' && f.term > 0 && f.phase === 'ready'",
      },
      {
        from: 'function activate(d: Draft, service: RunService, rule: number): void {',
        to: `function activate(d: Draft, service: RunService, rule: number): void {
          d.setSlot(service.name, { grant: { term: d.s.leases.get(service.name)?.value.term ?? 0, epoch: d.s.own.epoch, rule } });`,
      },
    ],
  },
  {
    name: 'a late answer is believed, though the store has moved on',
    edits: [
      {
        from: "case 'unknown': // Whether it was applied",
        to: "case 'unknown': d.setSlot(slot.service, { leaseTxn: slot.leaseTxn }); // Whether it was applied",
      },
      { from: 'if (d.s.leases.get(slot.service)?.revision !== revision) return;', to: '' },
      {
        from: 'slot.grant !== null && slot.grant.term === lease.term && slot.grant.epoch === own.epoch',
        to: 'slot.grant !== null',
      },
      { from: 'value.term !== slot.grant.term)', to: 'value.term > 1e9)' },
      { from: '(value === null || value.host !== d.s.me ||', to: '(value === null ||' },
      {
        from: "f.holder === 'me' && f.granted && f.phase === 'ready'",
        to: "f.granted && f.phase === 'ready'",
      },
    ],
  },
  {
    name: 'a lease that a former life was given is used by the next as if it were news',
    edits: [
      {
        from: 'for (const entry of entries) changed(d, entry);',
        to: `for (const entry of entries) {
          if (entry.kind === 'lease') leaseGiven(d, entry.service, entry.value, entry.revision);
          changed(d, entry);
        }`,
      },
      { from: 'slot === undefined || d.s.own.revision === 0) return;', to: 'slot === undefined) return;' },
      {
        from: 'if (value.epoch !== d.s.own.epoch || revision <= (d.s.leases.get(service)?.revision ?? 0)) return;',
        to: 'if (revision <= (d.s.leases.get(service)?.revision ?? 0)) return;',
      },
      { from: "policy === 'hot-active/cold-passive' : slot.now.phase === 'ready';", to: "policy !== 'single' : true;" },
    ],
  },
  {
    name: 'a lease that was given is used anew each time that the watch tells of it',
    edits: [
      {
        from: 'if (value.epoch !== d.s.own.epoch || revision <= (d.s.leases.get(service)?.revision ?? 0)) return;',
        to: 'if (value.epoch !== d.s.own.epoch) return;',
      },
      { from: "policy === 'hot-active/cold-passive' : slot.now.phase === 'ready';", to: "policy !== 'single' : true;" },
    ],
  },
  {
    name: 'a lease is given to a host while the instance here is still being asked to rest',
    edits: [
      {
        from: "f.holder === 'me' && f.handover && inactive(f) && (f.handoverTo !== null || f.leaving)",
        to: "f.holder === 'me' && f.handover && (inactive(f) || f.phase === 'deactivating') && (f.handoverTo !== null || f.leaving)",
      },
    ],
  },
  {
    name: 'a fencing of which nothing is known is taken for a confirmation',
    edits: [
      { from: "const confirmed = outcome.kind === 'done';", to: "const confirmed = outcome.kind !== 'failed';" },
      { from: "const why = outcome.kind === 'done' ? '' : outcome.why;", to: "const why = '';" },
    ],
  },
  {
    name: 'a service is taken over while its lost host is still being fenced',
    edits: [{ from: "when: (f) => f.state === 'confirmed'", to: "when: (f) => f.state !== 'none'" }],
  },
];

/** The files with the edit made in the one that holds its place; null: none does, or several do. */
export function withEdit(files: ReadonlyMap<string, string>, { from, to }: Edit): ReadonlyMap<string, string> | null {
  const place = spacedAnyhow(from);
  const holding = [...files].filter(([, text]) => place.test(text));
  const [found] = holding;
  if (found === undefined || holding.length > 1) return null;
  return new Map(files).set(
    found[0],
    found[1].replace(place, () => to),
  );
}

/** Matches the text however it is broken into lines. */
function spacedAnyhow(text: string): RegExp {
  return new RegExp(
    text
      .trim()
      .split(/\s+/)
      .map((word) => RegExp.escape(word))
      .join('\\s*'),
  );
}
