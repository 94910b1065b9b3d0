// The signs of phases, severities and host states: a shape and a word each, so that colour is never the only sign. Drawn, for a font may lack them.

import type { HostState, Phase } from '../model/states.ts';
import type { Severity } from '../model/system.ts';

type Tone = 'good' | 'bad' | 'warn' | 'note' | 'dim';

const toneClass: Readonly<Record<Tone, string>> = {
  good: 'text-good',
  bad: 'text-bad',
  warn: 'text-warn',
  note: 'text-note',
  dim: 'text-dim',
};

/** What a severity means, in a word. */
export const severityWord: Readonly<Record<Severity, string>> = {
  0: 'fine',
  1: 'down',
  2: 'up when it should not be, or not configured',
  3: 'up, but erring',
};

/** Worst first: 1, 2, 3, then 0. */
export function gravity(severity: Severity): number {
  return severity === 0 ? 4 : severity;
}

function toneOf(severity: Severity): Tone {
  return severity === 0 ? 'good' : severity === 1 ? 'bad' : severity === 2 ? 'warn' : 'note';
}

/** A phase: shape, word. `planned` other than it is said. */
export function PhaseMark({
  phase,
  severity,
  asPlanned = true,
}: {
  readonly phase: Phase;
  readonly severity: Severity;
  readonly asPlanned?: boolean;
}) {
  const tone = phase === 'unknown' ? 'warn' : severity !== 0 ? toneOf(severity) : phase === 'active' ? 'good' : 'dim';
  return (
    <span className={`mark ${toneClass[tone]}`}>
      <Shape of={phase === 'down' && !asPlanned ? 'failed' : phase} />
      <span>{phase}</span>
    </span>
  );
}

/** A host's state. Only `up` is shown as healthy. */
export function HostMark({ state }: { readonly state: HostState }) {
  const [shape, tone] = hostShapes[state];
  return (
    <span className={`mark ${toneClass[tone]}`}>
      <Shape of={shape} />
      <span>{state}</span>
    </span>
  );
}

/** A severity: number in a badge, its meaning for who asks or cannot see. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  return (
    <span className={`severity severity-${severity}`} title={`severity ${severity}: ${severityWord[severity]}`}>
      <span className="sr-only">severity </span>
      {severity}
    </span>
  );
}

const hostShapes: Readonly<Record<HostState, readonly [shape: ShapeName, tone: Tone]>> = {
  up: ['active', 'good'],
  silent: ['unknown', 'warn'],
  down: ['failed', 'bad'],
  maintenance: ['paused', 'note'],
  banned: ['paused', 'note'],
  unknown: ['unknown', 'warn'],
};

/** All that has a sign. */
export type ShapeName = Phase | 'paused' | 'stands';

/** 12 by 12. */
export function Shape({ of, size = 12 }: { readonly of: ShapeName; readonly size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 12 12" className="shrink-0">
      <Drawing of={of} />
    </svg>
  );
}

function Drawing({ of }: { readonly of: ShapeName }) {
  const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.8, strokeLinecap: 'round' } as const;
  switch (of) {
    case 'active':
      return <circle cx="6" cy="6" r="5" fill="currentColor" />;
    case 'standby':
      return (
        <>
          <circle cx="6" cy="6" r="4.4" {...line} />
          <path d="M6 1.6a4.4 4.4 0 0 1 0 8.8z" fill="currentColor" />
        </>
      );
    case 'passive':
      return <circle cx="6" cy="6" r="4.4" {...line} />;
    case 'down':
      return <path d="M3 6h6" {...line} />;
    case 'starting':
      return <circle cx="6" cy="6" r="4.4" {...line} strokeDasharray="2 3" />;
    case 'stopping':
      return <path d="M6 1.5v8M2.8 6.5 6 9.8l3.2-3.3" {...line} />;
    case 'failed':
      return <path d="m2 2 8 8m0-8-8 8" {...line} strokeWidth={2.4} />;
    case 'paused':
      return <path d="M4 2.5v7M8 2.5v7" {...line} strokeWidth={2.2} />;
    case 'stands':
      return <path d="m1.8 6.6 2.7 2.7 5.7-6.4" {...line} strokeWidth={2.2} />;
    case 'unknown':
      return (
        <>
          <path d="M4 4.2a2 2 0 1 1 2.9 1.8c-.7.4-.9.7-.9 1.5" {...line} strokeWidth={1.6} />
          <circle cx="6" cy="10" r=".95" fill="currentColor" />
        </>
      );
    default:
      return of satisfies never;
  }
}
