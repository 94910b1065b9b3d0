// The forms of a description: each version of Standfast that brings new keys to it adds one, so that an agent of an older version is never given what it
// cannot read. A text is of the lowest form that can say what it says; every agent tells the newest that it reads.

import type { RunService, System } from './system.ts';
import { noWatch } from './watch.ts';

interface Form {
  readonly format: number;
  /** What of it no older form can say. */
  readonly brings: string;
  readonly isNeeded: (system: System) => boolean;
}

const forms: readonly Form[] = [
  {
    format: 2,
    brings: 'drain, route, fence, watch, autoRunbook, console, detectors',
    isNeeded: (system) =>
      system.console !== null ||
      system.detectorsOff.length > 0 ||
      system.hosts.some((host) => host.fence !== null || host.peerPort !== null) ||
      system.services.some((service) => service.kind === 'run' && isOfSecondForm(service)),
  },
];

function isOfSecondForm(service: RunService): boolean {
  const { drain, route, autoRunbook, fenceBeforeTakeover, watch } = service;
  const watches = JSON.stringify(watch) !== JSON.stringify(noWatch);
  return drain !== null || route !== null || autoRunbook !== null || fenceBeforeTakeover || watches;
}

/** The newest form that this version reads. */
export const newestFormat = 2;

/** The form that a reader of this system's text has to know. */
export function formatOf(system: System): number {
  return Math.max(1, ...forms.filter((form) => form.isNeeded(system)).map((form) => form.format));
}

/** What a form brings that no older one can say. */
export function bringsOf(format: number): string {
  return forms.find((form) => form.format === format)?.brings ?? 'more than this version knows';
}
