// Addresses that are to go and are still on a device: what a killed keeper left, and what was silenced and could not be removed when it should have been.
// The kernel's own hand keeps them silent; but a host that has an address on a device reaches nobody else by it, so each is tried until it is gone.

import { setTimeout as pause } from 'node:timers/promises';

import type { AddressDevices, PlacedAddress } from './address-device.ts';
import type { AddressFilter } from './address-filter.ts';
import type { Log } from './log.ts';

/** Between two tries, at first and at most. */
const againMs = { first: 100, most: 30_000 };

/** Tries again and again, until all are gone or it is closed. */
export class LeftAddresses {
  readonly #devices: AddressDevices;
  readonly #filter: AddressFilter;
  readonly #log: Log;
  readonly #prepare: () => Promise<boolean>;
  readonly #changed: () => Promise<void>;
  #places: readonly PlacedAddress[];
  #closed = false;

  /** `prepare` has the programs begun, and tells whether the kernel enforces; `changed`: the record is to be written. */
  constructor(of: {
    readonly places: readonly PlacedAddress[];
    readonly devices: AddressDevices;
    readonly filter: AddressFilter;
    readonly log: Log;
    prepare(): Promise<boolean>;
    changed(): Promise<void>;
  }) {
    this.#places = of.places;
    this.#devices = of.devices;
    this.#filter = of.filter;
    this.#log = of.log;
    this.#prepare = () => of.prepare();
    this.#changed = () => of.changed();
  }

  get places(): readonly PlacedAddress[] {
    return this.#places;
  }

  /**
   * What an earlier keeper left: taken away, unless another keeper of this machine has put it up since. What the earlier one let be answered until a later
   * deadline is ended now, for nothing that it kept active lives on. What cannot be taken away stays.
   */
  async cleanUp(): Promise<void> {
    if (this.#places.length === 0) return;
    const enforced = await this.#prepare();
    for (const place of this.#places) {
      const others = enforced ? await this.#filter.isOthers(place) : false;
      if (others === true) this.forget(place);
      if (others !== false) continue;
      if (enforced) await this.#filter.silence(place);
      const gone = await this.#devices.remove(place);
      if (gone && enforced) await this.#filter.release(place);
      if (gone) this.forget(place);
      this.#log(
        `${place.address} on ${place.dev}: left by an earlier keeper, ${gone ? 'taken away' : 'NOT taken away'}`,
      );
    }
    await this.#changed();
  }

  /** Silent by now, and still on its device: tried until it is gone. */
  add(place: PlacedAddress): void {
    this.#log(`${place.address} on ${place.dev}: silenced, but not removed; tried until it is`);
    this.#places = [...this.#places, place];
    void this.#tryOn(place);
  }

  /** It is put up anew, here or by another keeper: it is not to go any more. */
  forget({ address, dev }: PlacedAddress): void {
    this.#places = this.#places.filter((each) => each.address !== address || each.dev !== dev);
  }

  close(): void {
    this.#closed = true;
  }

  async #tryOn(place: PlacedAddress): Promise<void> {
    for (let waitMs = againMs.first; ; waitMs = Math.min(2 * waitMs, againMs.most)) {
      await pause(waitMs, undefined, { ref: false });
      await this.#prepare();
      const others = this.#isToGo(place) ? await this.#filter.isOthers(place) : true;
      if (!this.#isToGo(place)) return;
      if (others === null) continue;
      const gone = others || (await this.#devices.remove(place));
      if (!this.#isToGo(place)) return;
      if (!gone) continue;
      if (!others) {
        void this.#filter.release(place);
        this.#log(`${place.address} on ${place.dev}: removed by now`);
      }
      this.forget(place);
      await this.#changed();
      return;
    }
  }

  /** False once it was put up anew, also by the same name. */
  #isToGo(place: PlacedAddress): boolean {
    return !this.#closed && this.#places.includes(place);
  }
}
