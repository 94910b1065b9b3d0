// Light or dark: as the system says, unless the reader chose. The choice stays in this browser.

import { useEffect, useState } from 'react';

const key = 'standfast-theme';

/** The theme now, and how to choose another. */
export function useTheme(): readonly [theme: string, choose: (theme: string) => void] {
  const [theme, setTheme] = useState(kept);
  useEffect(() => {
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
    else delete document.documentElement.dataset['theme'];
  }, [theme]);
  return [
    theme,
    (chosen) => {
      setTheme(chosen);
      try {
        localStorage.setItem(key, chosen);
      } catch {
        // A browser that keeps nothing shows it until the page is left.
      }
    },
  ];
}

function kept(): string {
  try {
    return localStorage.getItem(key) ?? 'system';
  } catch {
    return 'system';
  }
}
