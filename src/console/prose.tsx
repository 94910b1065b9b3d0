// What runbooks say in words: paragraphs, lists and `code` as Markdown has them, everything else as it was written. Text in, elements out: no HTML of
// others comes near the page.

import { Said } from './said.tsx';

/** A piece of Markdown. */
export function Prose({ text }: { readonly text: string }) {
  const parts = text
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return (
    <div className="grid gap-2">
      {parts.map((part, index) => (
        <Part key={`${String(index)}`} lines={part.split('\n')} />
      ))}
    </div>
  );
}

const item = /^\s*(?:[-*+]|\d+[.)])\s+/;

function Part({ lines }: { readonly lines: readonly string[] }) {
  if (!lines.some((line) => item.test(line)))
    return (
      <p className="whitespace-pre-line">
        <Spoken text={lines.join('\n')} />
      </p>
    );
  const items: string[] = [];
  for (const line of lines) {
    if (item.test(line) || items.length === 0) items.push(line.replace(item, ''));
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return (
    <ul className="list-disc pl-5">
      {items.map((each, index) => (
        <li key={`${String(index)}`}>
          <Spoken text={each} />
        </li>
      ))}
    </ul>
  );
}

/** Between backticks it is code. */
function Spoken({ text }: { readonly text: string }) {
  return text.split(/(`[^`\n]+`)/).map((part, index) =>
    part.length > 2 && part.startsWith('`') && part.endsWith('`') ? (
      <code key={`${String(index)}`} className="rounded bg-raised px-1 font-mono text-[0.9em]">
        <Said text={part.slice(1, -1)} />
      </code>
    ) : (
      <Said key={`${String(index)}`} text={part} />
    ),
  );
}
