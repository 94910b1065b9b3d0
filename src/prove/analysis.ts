// What a system survives, from its structure and its parts' figures: exact where a decision diagram is within reach, bounds where not.

import type { System } from '../model/system.ts';
import { birnbaumOf, falseNode, probabilitiesOf, smallestOf } from './bdd.ts';
import { boundsOf, boundsThroughGates } from './bounds.ts';
import type { Compiled } from './compile.ts';
import { compile } from './compile.ts';
import { countSets, likeliestSets, minimalCutSets } from './cut-sets.ts';
import type { Budget } from './diagram.ts';
import { cutOut } from './fault-tree.ts';
import type { FiguresChosen } from './figures.ts';
import type { Part } from './part.ts';
import { isCommonCause } from './part.ts';
import { plainGates } from './plain-gates.ts';
import type { Structure } from './structure.ts';
import { structureOf } from './structure.ts';

/** What fails, how often, and what it takes. */
export interface Verdict {
  /** Exact, or the upper bound: never better than the truth. */
  readonly unavailability: number;
  /** Both ends equal when exact. */
  readonly interval: readonly [low: number, high: number];
  readonly exact: boolean;
  /** How many simultaneous failures it survives, whichever they are: the smallest cut set less one. Null: nothing fails it, or it is not known. */
  readonly survives: number | null;
  readonly survivesKnown: boolean;
  /** The same with software and configuration left aside, which every copy shares. Null: nothing fails it, or it is not known. */
  readonly survivesParts: number | null;
}

/** Parts that take the whole down when all of them have failed, and none of which could be left out. */
export interface CutSet {
  readonly parts: readonly Part[];
  /** That all of them have failed at a given moment. */
  readonly probability: number;
}

/** How much a part matters. */
interface Contribution {
  readonly part: Part;
  /** Birnbaum: by how much the unavailability differs between this part failed and this part standing. */
  readonly birnbaum: number;
  /** Fussell–Vesely as reliability engineers compute it: the share of the unavailability that goes when this part never fails. */
  readonly share: number;
}

/** What the structure says of a system. */
export interface Analysis {
  readonly structure: Structure;
  readonly whole: Verdict;
  /** Null when they are too many even to count within the budget. */
  readonly cutSetCount: bigint | null;
  /** The most likely first. */
  readonly cutSets: readonly CutSet[];
  readonly services: ReadonlyMap<string, Verdict>;
  /** The unavailability if every assumed figure were wrong by `assumedFactor`, to the better and to the worse; null when not exact or nothing is assumed. */
  readonly ifAssumedWrong: readonly [low: number, high: number] | null;
  /** The greatest share first; parts that change nothing are left out. Empty when not exact. */
  readonly contributions: readonly Contribution[];
}

interface AnalysisOptions {
  readonly figures: FiguresChosen;
  /** How many cut sets to list. */
  readonly mostCutSets: number;
  /** Steps of work for the diagrams. */
  readonly steps: number;
}

/** Enough for a few million nodes; out of reach is said within seconds. */
export const usualSteps = 4_000_000;

/** Analyses a system. */
export function analyse(system: System, options: AnalysisOptions): Analysis {
  const structure = structureOf(system, options.figures);
  const { parts, tree } = structure;
  const shares = parts.map((part) => part.figure.unavailability);
  const services = [...structure.services.values()];
  const budget: Budget = { steps: options.steps };
  const compiled = compile(tree.gates, [structure.system], services, budget);
  if (compiled === null) return bounded(structure, shares, budget, options.mostCutSets);

  const root = compiled.roots[0] ?? falseNode;
  const levelShares = compiled.order.map((part) => shares[part] ?? 0);
  const serviceNodes = services.map((gate) => compiled.extend(gate, budget));
  const probabilities = probabilitiesOf(compiled.bdd, levelShares);
  const smallest = smallestOf(compiled.bdd);
  const besides = smallestOf(compiled.bdd, sharedLevels(compiled, structure));
  const verdictOf = (node: number): Verdict =>
    exactly(probabilities[node] ?? 0, smallest[node] ?? Infinity, besides[node] ?? Infinity);
  const boundsLater = laterBounds(structure, shares);
  const verdicts = serviceNodes.map((node, index) => {
    if (node !== null) return verdictOf(node);
    return alone(structure, services[index] ?? 0, shares, budget, boundsLater);
  });
  return {
    structure,
    whole: verdictOf(root),
    services: new Map(
      [...structure.services.keys()].map((name, index) => [name, verdicts[index] ?? verdictOf(falseNode)]),
    ),
    ...cutSetsOf(compiled, root, structure, levelShares, options),
    ifAssumedWrong: ifAssumedWrong(compiled, root, structure),
    contributions: contributionsOf(compiled, root, structure, levelShares, probabilities),
  };
}

/** How far off an assumed figure may well be. */
export const assumedFactor = 3;

function ifAssumedWrong(compiled: Compiled, root: number, { parts }: Structure): readonly [number, number] | null {
  if (!parts.some((part) => part.figure.from === 'assumed')) return null;
  const times = (factor: number): number => {
    const shares = compiled.order.map((index) => {
      const figure = parts[index]?.figure;
      if (figure === undefined) return 0;
      return figure.from === 'assumed' ? Math.min(1, figure.unavailability * factor) : figure.unavailability;
    });
    return probabilitiesOf(compiled.bdd, shares)[root] ?? 0;
  };
  return [times(1 / assumedFactor), times(assumedFactor)];
}

function cutSetsOf(
  compiled: Compiled,
  root: number,
  structure: Structure,
  levelShares: readonly number[],
  options: AnalysisOptions,
): Pick<Analysis, 'cutSetCount' | 'cutSets'> {
  const family = minimalCutSets(compiled.bdd, root, { steps: options.steps });
  if (family === null) {
    const { cutSets } = boundsOf(
      structure.tree.gates,
      structure.parts.map((part) => part.figure.unavailability),
      structure.system,
    );
    return { cutSetCount: null, cutSets: cutSets.slice(0, options.mostCutSets).map((set) => cutSetOf(set, structure)) };
  }
  return {
    cutSetCount: countSets(family),
    cutSets: likeliestSets(family, levelShares, options.mostCutSets).map(({ levels }) =>
      cutSetOf(
        levels.map((level) => compiled.order[level] ?? 0),
        structure,
      ),
    ),
  };
}

function cutSetOf(set: readonly number[], structure: Structure): CutSet {
  const parts = set
    .toSorted((a, b) => a - b)
    .map((part) => structure.parts[part])
    .filter((part) => part !== undefined);
  return { parts, probability: parts.reduce((made, part) => made * part.figure.unavailability, 1) };
}

function contributionsOf(
  compiled: Compiled,
  root: number,
  structure: Structure,
  levelShares: readonly number[],
  probabilities: Float64Array,
): Contribution[] {
  const whole = probabilities[root] ?? 0;
  const birnbaum = birnbaumOf(compiled.bdd, root, levelShares, probabilities);
  return compiled.order
    .flatMap((index, level) => {
      const part = structure.parts[index];
      const importance = birnbaum[level] ?? 0;
      return part === undefined || importance <= 0
        ? []
        : [{ part, birnbaum: importance, share: whole === 0 ? 0 : (importance * (levelShares[level] ?? 0)) / whole }];
    })
    .toSorted((a, b) => b.share - a.share || (a.part.name < b.part.name ? -1 : 1));
}

/** The system is out of reach; its services, each alone, often are not. */
function bounded(structure: Structure, shares: readonly number[], spent: Budget, most: number): Analysis {
  const { tree, services } = structure;
  const bounds = boundsOf(tree.gates, shares, structure.system);
  const budget: Budget = { steps: Math.max(spent.steps, 1_000_000) };
  const boundsLater = laterBounds(structure, shares);
  const { low, high, smallest } = bounds;
  return {
    structure,
    whole: {
      unavailability: high,
      interval: [low, high],
      exact: false,
      survives: smallest === null ? null : smallest - 1,
      survivesKnown: smallest !== null,
      survivesParts: null,
    },
    cutSetCount: null,
    cutSets: bounds.cutSets.slice(0, most).map((set) => cutSetOf(set, structure)),
    services: new Map([...services].map(([name, gate]) => [name, alone(structure, gate, shares, budget, boundsLater)])),
    ifAssumedWrong: null,
    contributions: [],
  };
}

type BoundsOf = (gate: number) => readonly [low: number, high: number];

/** Bounds through the gates for any service, worked out for all at once, and only when one is asked for. */
function laterBounds({ tree, services }: Structure, shares: readonly number[]): BoundsOf {
  const roots = [...services.values()];
  let made: Map<number, readonly [number, number]> | null = null;
  return (gate) => {
    if (made === null) {
      const plain = plainGates(tree.gates, roots);
      const { low, high } = boundsThroughGates(plain.gates, shares, plain.roots);
      made = new Map(
        roots.map((root, index) => [root, [low[plain.roots[index] ?? 0] ?? 0, high[plain.roots[index] ?? 0] ?? 1]]),
      );
    }
    return made.get(gate) ?? [0, 1];
  };
}

/** One gate in a diagram of its own, or bounds for it. */
function alone(
  structure: Structure,
  gate: number,
  shares: readonly number[],
  budget: Budget,
  boundsLater: BoundsOf,
): Verdict {
  const own: Budget = { steps: Math.min(budget.steps, 100_000) };
  const before = own.steps;
  const gates = before > 0 ? cutOut(structure.tree.gates, gate) : [];
  const compiled = before > 0 ? compile(gates, [gates.length - 1], [], own) : null;
  // Cutting it out and ordering it is work, too: of thousands of services each over hundreds of others it is most of it.
  budget.steps -= before - Math.max(0, own.steps) + gates.length;
  if (compiled === null) {
    const [low, high] = boundsLater(gate);
    return {
      unavailability: high,
      interval: [low, high],
      exact: false,
      survives: null,
      survivesKnown: false,
      survivesParts: null,
    };
  }
  const node = compiled.roots[0] ?? falseNode;
  const unavailability =
    probabilitiesOf(
      compiled.bdd,
      compiled.order.map((part) => shares[part] ?? 0),
    )[node] ?? 0;
  const besides = smallestOf(compiled.bdd, sharedLevels(compiled, structure))[node] ?? Infinity;
  return exactly(unavailability, smallestOf(compiled.bdd)[node] ?? Infinity, besides);
}

/** The levels of what every copy of a service shares. */
function sharedLevels({ order }: Compiled, { parts }: Structure): (level: number) => boolean {
  const shared = order.map((index) => {
    const part = parts[index];
    return part !== undefined && isCommonCause(part);
  });
  return (level) => shared[level] === true;
}

function exactly(unavailability: number, smallest: number, besides: number): Verdict {
  return {
    unavailability,
    interval: [unavailability, unavailability],
    exact: true,
    survives: smallest === Infinity ? null : smallest - 1,
    survivesKnown: true,
    survivesParts: besides === Infinity ? null : besides - 1,
  };
}
