/** Control, format and unassigned characters, line and paragraph ends, what was no text at all. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}\uFFFD]/gu;

/**
 * What somebody sent, as one line that may go to a terminal: anything that could move the cursor, change a colour or
 * turn the writing round is escaped, and so is the backslash.
 */
export function printable(sent: Buffer | string | null, max = 200): string {
  if (sent === null) return '(null)';
  const text = sent.toString().slice(0, max);
  const shown = text.replaceAll('\\', '\\\\').replaceAll(unprintable, escaped);
  const bytes = Buffer.byteLength(sent);
  return sent.toString().length > max ? `${shown}… (${bytes} bytes)` : shown;
}

const escaped = (character: string) => [...character].map((one) => `\\u{${one.codePointAt(0)!.toString(16)}}`).join('');
