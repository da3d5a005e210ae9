/**
 * Term of a filter that matches exactly this value: wildcards, quotes and backslashes are escaped,
 * and a value with spaces is quoted.
 */
export function filterTerm(name: string, value: string): string {
  const escaped = value.replace(/[\\"*]/g, String.raw`\$&`);
  return `${name}:${/\s/.test(value) || value === '' ? `"${escaped}"` : escaped}`;
}
