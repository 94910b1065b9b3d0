// Advice: changes of the description that help, each applied to the text, read and assessed anew, and shown as a patch of the file.

import { basename, isAbsolute, normalize } from 'node:path';
import { readDescription } from '../../model/read.ts';
import type { Assessment, AssessOptions } from '../../prove/assessment.ts';
import { assessmentOf } from '../../prove/assessment.ts';
import type { Change } from '../../prove/changes.ts';
import { changesFor } from '../../prove/changes.ts';
import type { ReadFile } from '../description.ts';
import { edited } from './edit-yaml.ts';
import { unifiedDiff } from './unified-diff.ts';

/** A change that helps, and what would come of it. `patch`: as `diff -u` writes it. */
export interface Advice {
  readonly change: Change;
  readonly after: Assessment;
  readonly patch: string;
}

/** Trying takes a reading and an assessment each: of a large system few changes are tried, of a very large one none. */
const partsTried = 2000;
const mostTried = 40;
const mostShown = 8;

/** What helps, the greatest gain first: more failures survived, then less downtime. */
export function advise(read: ReadFile, assessment: Assessment, options: AssessOptions): Advice[] {
  if (!assessment.analysis.whole.exact) return [];
  const tried = Math.min(mostTried, Math.floor(partsTried / (assessment.analysis.structure.parts.length + 1)));
  const changes = changesFor(assessment).slice(0, tried);
  const found = changes.flatMap((change): Advice[] => {
    const text = edited(read.text, change.edits);
    if (text === null) return [];
    const { system } = readDescription({ text, file: read.file, folder: read.folder });
    // What is not a valid description, for example for want of `activate`, is no advice.
    if (system === null) return [];
    const after = assessmentOf(system, { ...options, mostCutSets: 200 });
    return helps(assessment, after)
      ? [
          {
            change,
            after,
            patch: unifiedDiff(nameInPatch(read.file), read.text, text),
          },
        ]
      : [];
  });
  return found.toSorted((a, b) => rank(assessment, b.after) - rank(assessment, a.after)).slice(0, mostShown);
}

/** As a patch may name it: within the folder that it is applied in. */
function nameInPatch(file: string): string {
  return isAbsolute(file) || file.startsWith('..') ? basename(file) : normalize(file);
}

/** Less than this nobody notices. As a share of the downtime. */
const leastSaved = 5e-4;

function helps(before: Assessment, after: Assessment): boolean {
  const { survives, saved, emptied } = gainOf(before, after);
  return survives >= 0 && (survives > 0 || saved > leastSaved || (saved > -1e-9 && emptied > 0));
}

/** What a change brings. */
interface Gain {
  /** How many failures more are survived, software and configuration left aside. */
  readonly survives: number;
  /** The share of the downtime that is saved. */
  readonly saved: number;
  /** How many cells of the grid are met with more than fixing fast, or carry their load again. */
  readonly emptied: number;
}

/** Compares two assessments. */
export function gainOf(before: Assessment, after: Assessment): Gain {
  const size = ({ analysis }: Assessment): number => analysis.whole.survivesParts ?? 100;
  const was = before.prospect.unavailability;
  return {
    survives: size(after) - size(before),
    saved: was === 0 ? 0 : (was - after.prospect.unavailability) / was,
    emptied: weakCells(before) - weakCells(after),
  };
}

/** A failure more survived counts before any downtime saved, and that before a cell. */
function rank(before: Assessment, after: Assessment): number {
  const { survives, saved, emptied } = gainOf(before, after);
  return 10 * survives + saved + 1e-6 * emptied;
}

function weakCells({ grid }: Assessment): number {
  return grid.filter((cell) => cell.strategy !== 'avoid' && cell.strategy !== 'mask').length;
}
