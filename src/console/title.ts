// The title of the tab: the page, and whether something is wrong, for who has it in the background.

import { useEffect } from 'react';
import { useStatus } from './live.ts';
import { visible } from './said.tsx';

/** As long as the page is shown. */
export function useTitle(page: string): void {
  const status = useStatus();
  const wrong = status === null || status.severity === 0 ? '' : `(${status.severity}) `;
  const system = status?.system ?? 'Standfast';
  useEffect(() => {
    document.title = `${wrong}${visible(page, 80)} · ${visible(system, 40)}`;
  }, [page, wrong, system]);
}
