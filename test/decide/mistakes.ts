// Planted mistakes: each is made in a copy of the core, and the world must find it. `npm run mistakes` (about a minute and a half).
// Exit status 1 if one stays unfound, or if the text that it changes is no longer there.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Some are guarded twice: then every guard has to go before anything can break. */
interface Mistake {
  readonly name: string;
  readonly edits: readonly Edit[];
}

const mistakes: readonly Mistake[] = [
  {
    name: 'the room is left out, and more: the holder stays until its peers may depose it',
    edits: [
      {
        file: 'session.ts',
        from: 'const until = after(sentAt, d.s.timing.ttl - d.s.timing.room);',
        to: 'const until = after(sentAt, d.s.timing.ttl * 1.12);',
      },
    ],
  },
  {
    name: 'counted from when the answer was seen, not from when the renewal was sent',
    edits: [
      {
        file: 'session.ts',
        from: 'const until = after(sentAt, d.s.timing.ttl - d.s.timing.room);',
        to: 'const until = after(d.mono, d.s.timing.ttl - d.s.timing.room);',
      },
    ],
  },
  {
    name: 'drift with the wrong sign: deposed too early',
    edits: [
      {
        file: 'depose.ts',
        from: 'when: (f) => f.silentMs < f.ttlMs * (1 + drift)',
        to: 'when: (f) => f.silentMs < f.ttlMs * (1 - drift)',
      },
    ],
  },
  {
    name: 'a deactivation that is unknown is taken as done',
    edits: [
      {
        file: 'absorb-instance.ts',
        from: "if (outcome.kind !== 'done') { d.note({ kind: 'deactivateFailed'",
        to: "if (outcome.kind === 'failed') { d.note({ kind: 'deactivateFailed'",
      },
    ],
  },
  {
    name: 'a lease write that is unknown is taken as applied',
    edits: [
      {
        file: 'lease.ts',
        from: "case 'unknown': // Whether it was applied",
        to: "case 'unknown': leaseApplied(d, slot, record, rule, d.s.store.revision + 1); // Whether it was applied",
      },
    ],
  },
  {
    name: 'a promise is not counted as having seen a renewal',
    edits: [
      {
        file: 'validity.ts',
        from: 'sessions.set(from, { ...session, seenAt: d.mono });',
        to: 'sessions.set(from, { ...session });',
      },
    ],
  },
  {
    name: 'one silent host is taken for a promise',
    edits: [
      {
        file: 'validity.ts',
        from: '  if (waiting.length === 0) promised(d, ask.askedAt);',
        to: '  if (waiting.length <= 1) promised(d, ask.askedAt);',
      },
    ],
  },
  {
    name: 'promises count from when they were given, not from when they were asked for',
    edits: [
      {
        file: 'validity.ts',
        from: '  if (waiting.length === 0) promised(d, ask.askedAt);',
        to: '  if (waiting.length === 0) promised(d, d.mono);',
      },
    ],
  },
  {
    name: 'deposition without compare',
    edits: [
      {
        file: 'depose.ts',
        from: 'compares: [{ key: keys.session(host), revision: session.revision }],',
        to: 'compares: [],',
      },
    ],
  },
  {
    name: 'renewal without compare',
    edits: [
      {
        file: 'session.ts',
        from: "compares: [{ key: keys.session(d.s.me), revision: which === 'same' ? own.revision : (own.entry?.revision ?? 0) }],",
        to: 'compares: [],',
      },
    ],
  },
  {
    name: 'the lease is taken without compare on the lease',
    edits: [
      {
        file: 'lease.ts',
        from: 'const compares = [{ key: keys.lease(service.name), revision: kept?.revision ?? 0 }];',
        to: 'const compares: { key: string; revision: number }[] = [];',
      },
    ],
  },
  {
    name: 'a host that the session does not name deposes it',
    edits: [
      {
        file: 'depose.ts',
        from: 'when: (f) => !f.listed || !f.ownSession',
        to: 'when: (f) => !f.ownSession',
      },
    ],
  },
  {
    name: 'the lease is released before the end is confirmed',
    edits: [
      {
        file: 'lease-rows.ts',
        from: "const inactive = (f: LeaseFacts): boolean => f.phase === 'none' ||",
        to: "const inactive = (f: LeaseFacts): boolean => f.phase === 'none' || f.phase === 'stopping' || f.phase === 'deactivating' ||",
      },
    ],
  },
  {
    name: 'a lease is held for free when the session that paid for it is not known yet',
    edits: [
      {
        file: 'view.ts',
        from: 'return session.value.epoch > lease.epoch || (session.value.epoch === lease.epoch && session.value.dead)',
        to: 'return session.value.epoch !== lease.epoch || session.value.dead',
      },
    ],
  },
  {
    name: 'an activation without a deadline of its own: whatever the last one was',
    edits: [
      {
        file: 'lease.ts',
        from: 'term: slot.grant.term, deadline: validUntil',
        to: 'term: slot.grant.term, deadline: monoMs(validUntil + 5000)',
      },
    ],
  },
  {
    name: 'nobody is told the term that grew',
    edits: [
      {
        file: 'lease.ts',
        from: 'term: lease.term + 1,',
        to: 'term: Math.max(1, lease.term),',
      },
    ],
  },
  {
    name: 'promises revive a holder that lapsed: it goes on under its old term',
    edits: [
      {
        file: 'validity.ts',
        from: 'if (own.validUntil === null || d.mono >= own.validUntil) return;',
        to: `for (const slot of d.s.slots.values()) {
          const lease = d.s.leases.get(slot.service)?.value;
          if (lease?.host === d.s.me) d.setSlot(slot.service, { grant: { term: lease.term, epoch: own.epoch, rule: 146 } });
        }
        if (own.validUntil === null) return;`,
      },
      { file: 'validity.ts', from: 'f.holds === 0 || f.silentMs', to: 'f.silentMs' },
      { file: 'validity.ts', from: '!f.valid || !f.storeRead', to: '!f.storeRead' },
      { file: 'validity.ts', from: 'if (facts.holds > 0 && facts.valid) {', to: '{' },
      { file: 'lease.ts', from: 'store.reachable && keeper.up', to: 'keeper.up' },
    ],
  },
  {
    name: 'a hand-over that came to nothing is resumed without a new term',
    edits: [
      {
        file: 'lease-rows.ts',
        from: "f.holder === 'me' && f.granted && f.phase === 'ready'",
        to: "f.holder === 'me' && f.term > 0 && f.phase === 'ready'",
      },
      {
        file: 'lease.ts',
        from: 'function activate(d: Draft, service: RunService, rule: number): void {',
        to: `function activate(d: Draft, service: RunService, rule: number): void {
          d.setSlot(service.name, { grant: { term: leaseOf(d, service.name).term, epoch: d.s.own.epoch, rule } });`,
      },
    ],
  },
  {
    name: 'an answer is believed though the store has moved on',
    edits: [
      {
        file: 'lease.ts',
        from: "case 'unknown': // Whether it was applied",
        to: "case 'unknown': d.setSlot(slot.service, { leaseTxn: slot.leaseTxn }); // Whether it was applied",
      },
      { file: 'lease.ts', from: 'if (d.s.leases.get(slot.service)?.revision !== revision) return;', to: '' },
      {
        file: 'lease.ts',
        from: 'slot.grant !== null && slot.grant.term === lease.term && slot.grant.epoch === own.epoch',
        to: 'slot.grant !== null',
      },
      { file: 'lease.ts', from: 'value.term !== slot.grant.term)', to: 'value.term > 1e9)' },
      { file: 'lease.ts', from: '(value === null || value.host !== d.s.me ||', to: '(value === null ||' },
      {
        file: 'lease-rows.ts',
        from: "f.holder === 'me' && f.granted && f.phase === 'ready'",
        to: "f.granted && f.phase === 'ready'",
      },
    ],
  },
];

const root = fileURLToPath(new URL('../../', import.meta.url));
const only = process.argv[2];
let unfound = 0;
for (const mistake of mistakes) {
  if (only !== undefined && !mistake.name.includes(only)) continue;
  const found = tryMistake(mistake);
  if (found === null) unfound += 1;
  process.stdout.write(
    `${found === null ? 'NOT FOUND' : 'found    '}  ${mistake.name}${found === null ? '' : `  (${found})`}\n`,
  );
}
process.exitCode = unfound === 0 ? 0 : 1;

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

/** Makes the mistake in a copy and lets the storms blow until one shows it. Null: none does. */
function tryMistake({ name, edits }: Mistake): string | null {
  const copy = mkdtempSync(join(tmpdir(), 'standfast-mistake-'));
  try {
    for (const each of ['src/model', 'src/judge', 'src/decide', 'test/decide', 'test/judge', 'test/traces'])
      cpSync(join(root, each), join(copy, each), { recursive: true });
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const { file, from, to } of edits) {
      const path = join(copy, 'src/decide', file);
      const text = readFileSync(path, 'utf8');
      const where = spacedAnyhow(from).exec(text);
      if (where === null) throw new Error(`"${name}": ${file} does not hold "${from}"`);
      writeFileSync(path, text.slice(0, where.index) + to + text.slice(where.index + where[0].length));
    }
    const run = spawnSync(process.execPath, [join(copy, 'test/decide/find.ts')], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (run.status === 1) return run.stdout.trim().split('\n')[0] ?? '';
    if (run.status === 0) return null;
    throw new Error(`"${name}": ${run.stderr}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
