import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = join(dirname(fileURLToPath(import.meta.url)), '../../../src/explorer/event-filter.ts');
const { outputFiles } = await build({
  ...{ entryPoints: [source], bundle: true, write: false, format: 'esm', platform: 'node' },
});
const [{ text }] = outputFiles;
const { EventFilter } = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);

/**
 * Reads a filter as the server does.
 * @returns `matches(event)`, and the first error with its place
 */
export function readFilter(text) {
  const filter = EventFilter.read(text);
  return { matches: (event) => filter.matches(event), error: filter.error };
}
