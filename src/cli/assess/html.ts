// The few pieces that the page is made of.

/** Text that a browser shows and never obeys. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A table whose cells are HTML already; heads are text. It scrolls by itself when it is wider than the page. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((title) => `<th scope="col">${escaped(title)}</th>`).join('');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n')}\n</tbody></table></div>`;
}

/** A bar of this share of its cell. */
export function bar(share: number): string {
  return `<span class="bar" style="width:${(Math.min(1, Math.max(0, share)) * 100).toFixed(1)}%"></span>`;
}
