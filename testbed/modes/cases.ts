// Every failure mode of the catalogue with the two ways in which it is made here. A test compares the two.

import type { Case } from './case.ts';
import { aroundCases } from './cases/around.ts';
import { exhaustionCases } from './cases/exhaustion.ts';
import { groundCases } from './cases/ground.ts';
import { paperCases } from './cases/papers.ts';

export const cases: readonly Case[] = [...exhaustionCases, ...paperCases, ...aroundCases, ...groundCases];
