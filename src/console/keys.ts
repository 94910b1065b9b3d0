// The keys that work everywhere: `g` and a letter goes, `/` filters, `?` helps. Never while somebody writes.

import { useEffect } from 'react';
import { useLocation } from 'wouter';

/** Key after `g`, where it goes, in words. */
export const goes: readonly (readonly [key: string, href: string, text: string])[] = [
  ['s', '/', 'overview: services × hosts'],
  ['i', '/incidents', 'incidents'],
  ['h', '/hosts', 'hosts'],
  ['r', '/runbooks', 'runbooks'],
  ['a', '/assessment', 'assessment'],
  ['j', '/journal', 'journal'],
];

/** Within this a second key belongs to the first. */
const togetherMs = 1_500;

/** Listens as long as the page is shown. */
export function useKeys(): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    let goAtMs = -Infinity;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isWriting(event.target)) {
        if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur();
        return;
      }
      if (document.querySelector('dialog[open]') !== null) return;
      const chosen = event.timeStamp - goAtMs < togetherMs ? goes.find(([key]) => key === event.key) : undefined;
      goAtMs = event.key === 'g' ? event.timeStamp : -Infinity;
      if (chosen !== undefined) {
        event.preventDefault();
        navigate(chosen[1]);
        document.getElementById('content')?.focus();
      } else if (event.key === '/') {
        const filter = document.querySelector<HTMLInputElement>('input[data-filter]');
        if (filter === null) return;
        event.preventDefault();
        filter.focus();
      } else if (event.key === '?') navigate('/help');
      else if (event.key === 'Escape' && window.location.pathname === '/help') window.history.back();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [navigate]);
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}
