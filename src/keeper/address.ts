// Addresses that move with the active one (`route`). The keeper puts one on its device when it activates, under the deadline that is armed by
// then, and takes it away before anybody else may become active: at the deactivation, at the end, at the deadline.
//
// The order at the deadline: the kernel's own timeout runs out just before it; then SIGKILL, which needs nobody's help; then the address is
// silenced and removed through programs that were begun long before. The order in peace: the service confirms that it is inactive, then the address
// goes, then the deadline is disarmed; so that whoever waits for the release waits for the address too.
//
// Where there is no nftables, the address bears a lifetime instead: whole seconds, which the kernel may end a second late, so a lease must live
// longer than two. Turned down: removing by the keeper alone, for a killed keeper removes nothing (docs/decisions).
//
// Does not cover: `nft flush ruleset` by others until the next extension mends it; a machine frozen whole, whose timers stand still with it.

import { setTimeout as pause } from 'node:timers/promises';

import { errorWords } from '../model/error-words.ts';
import { announce } from './address-announce.ts';
import { AddressDevices } from './address-device.ts';
import type { PlacedAddress } from './address-device.ts';
import { AddressFilter, armedMs } from './address-filter.ts';
import { LeftAddresses } from './address-left.ts';
import type { AddressRecord } from './address-record.ts';
import type { Asked } from './asked-program.ts';
import { monoNow } from './clock.ts';
import type { Log } from './log.ts';
import { RecentWorst } from './recent-worst.ts';
import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { Route } from '../model/system.ts';
import type { MonoMs, Ms } from '../model/units.ts';
import type { InstanceId } from '../ports.ts';

/** Neighbours are told that the address is here: at once, and again for those that missed it. */
const announceAtMs = [0, 250, 1000, 3000];
/** A removal that failed is tried again so soon. */
const againMs = 100;
/** The kernel ends lifetimes of addresses up to a second late. */
const lifetimeLateS = 1;

interface Held {
  readonly place: PlacedAddress;
  /** Moves with the extensions of its instance. */
  deadline: MonoMs;
  /** True once it may be answered. */
  open: boolean;
  /** Set when it is to go; resolves when it is silent or gone for certain. */
  going: Promise<void> | null;
  /** Why it could not be put back on its device, as it was said last. */
  said: string;
}

/** All addresses of this host that move. */
export class Addresses {
  readonly #record: AddressRecord;
  readonly #log: Log;
  readonly #quiet: () => Promise<void>;
  readonly #devices = new AddressDevices();
  readonly #filter: AddressFilter;
  readonly #held = new Map<InstanceId, Held>();
  /** To go, and not taken away so far. */
  readonly #left: LeftAddresses;
  readonly #removals = new RecentWorst();
  /** Null: not tried yet. False: this machine has no nftables. */
  #enforced: boolean | null = null;
  /** Why not. */
  #withoutFilter = '';

  /** `quiet` resolves when no deadline is so near that a fork would hold it up. */
  constructor(record: AddressRecord, log: Log, quiet: () => Promise<void>) {
    this.#record = record;
    this.#filter = new AddressFilter(record.key);
    this.#log = log;
    this.#quiet = quiet;
    this.#left = new LeftAddresses({
      places: record.left,
      devices: this.#devices,
      filter: this.#filter,
      log,
      prepare: async () => {
        await this.#prepare();
        return this.#enforced === true;
      },
      changed: () => this.#write(),
    });
  }

  /** Worst time from the decision to take an address away until nobody here answered for it. */
  get worstRemoveMs(): Ms {
    return this.#removals.worst;
  }

  /** Takes away what an earlier keeper left; see `LeftAddresses`. */
  cleanUp(): Promise<void> {
    return this.#left.cleanUp();
  }

  /** Puts the address here until `deadline`, which is armed; null, or why not, and then nothing of it is here. */
  async bring(instance: InstanceId, route: Route, deadline: MonoMs): Promise<Refusal | null> {
    await this.drop(instance);
    await this.#prepare();
    const found = await this.#devices.find(route);
    if ('why' in found) return refuse('addressPlace', `${route.address} cannot be put here: ${found.why}`);
    const { address, prefix, family } = route;
    const place = { address, prefix, family, dev: found.dev };
    const held: Held = { place, deadline, open: false, going: null, said: '' };
    this.#left.forget(place);
    this.#held.set(instance, held);
    const refused = await this.#bring(held, found.onLink).catch((error: unknown) =>
      refuse('addressPlace', `${address} cannot be put here: ${errorWords(error)}`),
    );
    if (refused !== null) await this.drop(instance);
    else this.#announce(held);
    return refused;
  }

  /** The instance may be active until later, and so may its address be answered. Waits for nothing. */
  renew(instance: InstanceId, deadline: MonoMs): void {
    const held = this.#held.get(instance);
    if (held === undefined || held.going !== null) return;
    held.deadline = deadline;
    if (held.open) void this.#renew(held);
  }

  /** True while the address of the instance is, or may be, on a device here. */
  holds(instance: InstanceId): boolean {
    return this.#held.has(instance);
  }

  /** Takes the address of an instance away, if it has one. Begins at once; resolves when nobody here answers for it, however long that takes. */
  drop(instance: InstanceId): Promise<void> {
    const held = this.#held.get(instance);
    if (held === undefined) return Promise.resolve();
    held.going ??= this.#remove(held).finally(() => {
      if (this.#held.get(instance) === held) this.#held.delete(instance);
      void this.#write();
    });
    return held.going;
  }

  close(): void {
    this.#left.close();
    this.#devices.close();
    this.#filter.close();
  }

  async #bring(held: Held, onLink: boolean): Promise<Refusal | null> {
    const { place } = held;
    await this.#write();
    const begunAt = monoNow();
    if (this.#enforced === true) {
      const shut = await this.#filter.shut(place);
      if (shut.kind !== 'done') return changeRefused(place, shut);
    }
    await this.#devices.remove(place);
    const other = await this.#devices.answeredBy(place, onLink);
    if (other !== null)
      return refuse(
        'addressTaken',
        `${place.address} is answered by another machine, ${other}: it is not put here as well. Find out whose link address that is (ip neigh) and take the address from it`,
      );
    const lifetime = this.#enforced === true ? null : lifetimeTo(held.deadline);
    if (lifetime !== null && isForbidden(this.#withoutFilter)) return noRights(place);
    if (lifetime !== null && lifetime < 1)
      return refuse(
        'addressLifetime',
        `${place.address} is not put here: without nftables an address runs out in whole seconds, and this lease leaves less than ${lifetimeLateS + 1}. Install nftables`,
      );
    if (this.#enforced === true) {
      const open = await this.#filter.open(place, held.deadline);
      // On a machine that is short of processors probing takes longer than what it found may be believed: found out anew, until the deadline.
      const probedTooLongAgo = monoNow() - begunAt > armedMs && held.going === null && monoNow() < held.deadline;
      if (open.kind !== 'done' && probedTooLongAgo) return this.#bring(held, onLink);
      if (open.kind !== 'done') return changeRefused(place, open);
    }
    if (held.going !== null) return refuse('ending', `${place.address}: its instance is ending`);
    const added = await this.#devices.add(place, lifetime);
    if (added.kind !== 'done') return changeRefused(place, added);
    if (held.going !== null) return refuse('ending', `${place.address}: its instance is ending`);
    held.open = true;
    return null;
  }

  async #renew(held: Held): Promise<void> {
    const { place, deadline } = held;
    const lifetime = lifetimeTo(deadline);
    const asked =
      this.#enforced === true
        ? await this.#filter.renew(place, deadline)
        : lifetime < 1
          ? null
          : await this.#devices.prolong(place, lifetime);
    if (held.going !== null) return;
    if (asked === null || asked.kind === 'done') {
      if (this.#enforced === true) await this.#keepOnDevice(held);
      return;
    }
    // Our own end is not here yet, or it would be going: somebody took the rules, the address or the program away.
    this.#log(`${place.address} on ${place.dev}: not prolonged (${asked.why}); put up anew`);
    await this.#prepare();
    if (this.#enforced === true) await this.#filter.prepare();
    if (held.going !== null || held.deadline <= monoNow()) return;
    if (this.#enforced === true) {
      await this.#filter.shut(place);
      await this.#devices.add(place, null);
      if (held.going === null) await this.#filter.open(place, held.deadline);
    } else await this.#devices.add(place, lifetimeTo(held.deadline));
  }

  /** The rules tell nothing of the device, from which others take addresses: a link that goes down (IPv6), a network service that is started anew. */
  async #keepOnDevice(held: Held): Promise<void> {
    const { place } = held;
    if (!this.#devices.ready) await this.#prepare();
    if ((await this.#devices.has(place)) !== false || held.going !== null) return;
    const added = await this.#devices.add(place, null);
    const said = added.kind === 'done' ? 'put there again' : `cannot be put there again: ${added.why}`;
    if (added.kind === 'done') this.#announce(held);
    if (said !== held.said) this.#log(`${place.address} was taken from ${place.dev} by somebody; ${said}`);
    held.said = added.kind === 'done' ? '' : said;
  }

  /** Silent is as good as gone, for who waits; what is left on the device is tried again until it is gone, and at the next start. */
  async #remove(held: Held): Promise<void> {
    const { place } = held;
    const begunAt = monoNow();
    held.open = false;
    for (;;) {
      const [silenced, gone] = await Promise.all([
        this.#enforced === true ? this.#filter.silence(place) : null,
        this.#devices.remove(place),
      ]);
      if (gone || silenced?.kind === 'done') {
        this.#removals.note(monoNow() - begunAt);
        if (gone && this.#enforced === true) void this.#filter.release(place);
        if (!gone) this.#left.add(place);
        return;
      }
      this.#log(`${place.address} on ${place.dev}: could not be taken away; tried again`);
      await pause(againMs);
      await this.#prepare();
    }
  }

  async #prepare(): Promise<void> {
    if (this.#devices.ready && (this.#enforced === false || this.#filter.ready)) return;
    await this.#quiet();
    this.#devices.begin();
    if (this.#enforced === false || this.#filter.ready) return;
    await this.#quiet();
    const why = await this.#filter.prepare();
    if (why !== null && this.#enforced === null)
      this.#log(`addresses run out by their lifetime alone, without nftables: ${why}`);
    // Once it worked it is there, and what ails it now must not make us believe that nothing enforces.
    this.#enforced = this.#enforced === true || why === null;
    this.#withoutFilter = why ?? '';
  }

  async #write(): Promise<void> {
    const places = [...this.#left.places, ...[...this.#held.values()].map((held) => held.place)];
    await this.#record
      .write(places)
      .catch((error: unknown) => this.#log(`the next keeper will not know of an address: ${errorWords(error)}`));
  }

  /** Starts programs, so only where no deadline is near. A failure is told once. */
  #announce(held: Held): void {
    let told = false;
    for (const at of announceAtMs)
      setTimeout(() => {
        void this.#quiet().then(async () => {
          const why = held.open ? await announce(held.place) : null;
          if (why !== null && !told)
            this.#log(`${held.place.address}: neighbours were not told that it is here: ${why}`);
          told ||= why !== null;
        });
      }, at).unref();
  }
}

/** Whole seconds that are over by the deadline even when the kernel is late. */
function lifetimeTo(deadline: MonoMs): number {
  return Math.floor((deadline - monoNow()) / 1000) - lifetimeLateS;
}

function changeRefused(place: PlacedAddress, asked: Exclude<Asked, { kind: 'done' }>): Refusal {
  if (isForbidden(asked.why)) return noRights(place);
  return refuse('addressPlace', `${place.address} cannot be put on ${place.dev}: ${asked.why}`);
}

function isForbidden(why: string): boolean {
  return /not permitted/i.test(why);
}

function noRights(place: PlacedAddress): Refusal {
  return refuse(
    'addressRights',
    `${place.address} cannot be put on ${place.dev}: only root, or who has CAP_NET_ADMIN, may change addresses. Run Standfast as root`,
  );
}
