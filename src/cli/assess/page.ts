import type { Assessment } from '../../prove/assessment.ts';
import type { Advice } from './advise.ts';
export function assessmentPage(_assessment: Assessment, _advice: readonly Advice[]): string {
  return '';
}
