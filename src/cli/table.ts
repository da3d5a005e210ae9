/** Columns of equal width, two spaces apart, each row indented. @param numbers columns that are set to the right */
export function tableText(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string {
  const all = [header, ...rows];
  const widths = header.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]): string => {
    const cells = row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return numbers.includes(at) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${cells.join('  ').trimEnd()}`;
  };
  return all.map(line).join('\n');
}
