// Text that others wrote: names, causes, outputs. Shown as text whatever is in it: control characters get a visible sign, direction marks lose
// their power over what stands beside them, and what is too long is cut with a word on how much is left out.

const longest = 4_000;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const colours = /\u001b\[[\d;]*m/g;
// oxlint-disable-next-line no-control-regex -- as above
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** The text in an isolated run of its own. */
export function Said({ text, most = longest }: { readonly text: string; readonly most?: number }) {
  return <bdi className="said">{visible(text, most)}</bdi>;
}

/** With everything in sight, and cut after `most` characters. */
export function visible(text: string, most: number = longest): string {
  const cut = text.length > most ? text.slice(0, most) : text;
  const shown = cut
    .replace(colours, '')
    .replace(controls, (each) => {
      const code = each.charCodeAt(0);
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : named(each);
    })
    .replace(directions, named);
  return text.length > most ? `${shown} … ${(text.length - most).toLocaleString()} more characters` : shown;
}

function named(each: string): string {
  return `\u27e8U+${each.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
}
