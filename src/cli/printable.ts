const MAX_LENGTH = 100;
/** Controls move the cursor and colour the screen, marks of direction turn the text around, separators end the line. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text that came from a log, on a terminal or in a comment: on one line, cut short, and without power over either. */
export function printable(text: string, maxLength = MAX_LENGTH): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return shown.replace(UNSEEN, (sign) => {
    const units = Array.from({ length: sign.length }, (_, at) => sign.charCodeAt(at).toString(16).padStart(4, '0'));
    return units.map((unit) => `\\u${unit}`).join('');
  });
}
