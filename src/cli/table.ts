/**
 * Formats a table with aligned columns, two spaces apart, and indented rows.
 * @param numbers indexes of right-aligned columns
 */
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
