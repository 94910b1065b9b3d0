// What is assumed of a part of which nothing was stated or measured. Assumed figures are weak: each names its source, every output
// says which were used, and `--stated` uses none. Where a source gives a rate but no repair time, the repair time is
// the house's own judgement, and says so.

import type { RunService } from '../model/system.ts';
import type { Ms } from '../model/units.ts';
import { ms } from '../model/units.ts';
import type { Figure } from './part.ts';

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
const days = 24 * hours;

const google = 'Ford et al., Availability in Globally Distributed Storage Systems, OSDI 2010';
const dean = 'J. Dean, Designs, Lessons and Advice from Building Large Distributed Systems, LADIS 2009';
const switches = 'Gill, Jain, Nagappan, Understanding Network Failures in Data Centers, SIGCOMM 2011';
const judgement = 'judgement of this house, no source';

interface Assumption {
  readonly mtbf: number;
  readonly mttr: number;
  readonly source: string;
}

/** By kind of domain; what is not here counts as `other`. */
const domainKinds: Readonly<Record<string, Assumption>> = {
  rack: { mtbf: 10.2 * 365 * days, mttr: 6 * hours, source: `rate: ${google}; repair of 1 to 6 h: ${dean}` },
  switch: { mtbf: 20 * 365 * days, mttr: 4 * hours, source: `about 5 % a year: ${switches}; repair: ${judgement}` },
  power: { mtbf: 365 * days, mttr: 6 * hours, source: `a distribution unit once a year, about 6 h: ${dean}` },
};

const other: Assumption = { mtbf: 2 * 365 * days, mttr: 4 * hours, source: judgement };

const host: Assumption = {
  mtbf: 131 * days,
  mttr: 1 * hours,
  source: `rate of 4.3 months: ${google}; repair: ${judgement}`,
};
const agent: Assumption = {
  mtbf: 90 * days,
  mttr: 10 * seconds,
  source: `the keeper starts it again; rate: ${judgement}`,
};
const store: Assumption = { mtbf: 365 * days, mttr: 1 * hours, source: judgement };
const member: Assumption = {
  mtbf: 90 * days,
  mttr: 10 * seconds,
  source: `the keeper starts it again; rate: ${judgement}`,
};
const commonCause: Assumption = {
  mtbf: 180 * days,
  mttr: 30 * minutes,
  source: `${judgement}; that changes bring most outages: Site Reliability Engineering, O'Reilly 2016, chapter 1 (about 70 %)`,
};

/** What is assumed of a domain of this kind. */
export function assumedOfDomain(kind: string): Figure {
  const known = Object.hasOwn(domainKinds, kind) ? domainKinds[kind] : undefined;
  return figureOf(known ?? other);
}

/** A host without stated figures. */
export function assumedOfHost(): Figure {
  return figureOf(host);
}

/** The agent of a host, which nobody describes. */
export function assumedOfAgent(): Figure {
  return figureOf(agent);
}

/** The embedded store, or a foreign one, as a whole. */
export function assumedOfStore(): Figure {
  return figureOf(store);
}

/** One member of a store that several make up. */
export function assumedOfMember(): Figure {
  return figureOf(member);
}

/** Software or configuration of a service. */
export function assumedOfCommonCause(): Figure {
  return figureOf(commonCause);
}

/** A process fails once a month and is up again within z. */
export function assumedOfInstance(service: RunService): Figure {
  return figureOf({
    mtbf: 30 * days,
    mttr: service.objective.recoverWithin,
    source: `restarted within its objective's recoverWithin; rate: ${judgement}`,
  });
}

/** An external part whose owner is silent. It has no rate. */
export function assumedOfExternal(): Figure {
  return {
    unavailability: 1e-3,
    mtbf: null,
    mttr: null,
    from: 'assumed',
    source:
      '99.9 %, below which large providers pay back part of the price of a hosted service; its owner states nothing',
  };
}

/** The share of failovers that work, where people ask what happens when some do not. A judgement of this house. */
export const assumedCoverage = 0.95;

/** The mean repair time that is assumed where only a rate is stated, and the rate where only a repair time is. */
export const assumedRepair: Ms = ms(4 * hours);

/** How often something fails of which nothing is known: the mean time between two failures. */
export const assumedRate: Ms = ms(365 * days);

function figureOf({ mtbf, mttr, source }: Assumption): Figure {
  return { unavailability: mttr / (mtbf + mttr), mtbf: ms(mtbf), mttr: ms(mttr), from: 'assumed', source };
}
