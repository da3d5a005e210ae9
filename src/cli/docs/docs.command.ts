import { dirname, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { CommandFailedException } from '../command-failed.exception';
import { loadCatalog } from '../load-catalog';
import { EXIT, type AddCommand, type ExitCode } from '../command';
import { amount } from '../progress';
import type { Terminal } from '../terminal';
import { asyncapiFiles } from './asyncapi-format';
import { cloudEventFiles } from './cloudevents-format';
import { htmlFiles } from './html-format';
import { jsonSchemaFiles } from './json-schema-format';
import { markdownFiles } from './markdown-format';
import { printedCatalog, type PrintedCatalog } from './printed-catalog';
import { PrintedFolder, type FileChange, type PrintedFile } from './printed-files';

const FORMATS = {
  markdown: markdownFiles,
  html: htmlFiles,
  'json-schema': jsonSchemaFiles,
  asyncapi: asyncapiFiles,
  cloudevents: cloudEventFiles,
} as const satisfies Readonly<Record<string, (catalog: PrintedCatalog) => readonly PrintedFile[]>>;

interface DocsOptions {
  readonly catalog?: string | undefined;
  readonly format: keyof typeof FORMATS;
  readonly out: string;
  readonly title: string;
  readonly check?: true | undefined;
}

const DEFAULTS = { format: 'markdown', out: 'docs/events', title: 'Events' } as const;

const HELP = `
Examples:
  event-tracking catalog docs                                          Markdown pages, into docs/events
  event-tracking catalog docs --format html --out site/events          open site/events/index.html in a browser
  event-tracking catalog docs --check                                  in CI: are the pages up to date?

The command removes files that it no longer generates, and never touches files that it did not generate. It lists its own files
in .catalog-docs.<format>.json in that folder. Commit this list too.

Exit codes: 0 all files are written or current; 1 --check found missing, different or left-over files; 2 the command failed.`;

export const addDocs: AddCommand = (catalog: Command, terminal: Terminal, end) => {
  catalog
    .command('docs')
    .description('Prints the catalog: an index and a page for each event, or its schemas for other tools.')
    .option('--catalog <file>', 'the file that exports the catalog (default: from package.json, or the usual places)')
    .addOption(
      new Option('--format <format>', 'the format of the output')
        .choices(Object.keys(FORMATS))
        .default(DEFAULTS.format),
    )
    .option('--out <dir>', 'the output folder', DEFAULTS.out)
    .option('--title <text>', 'the title of the catalog', DEFAULTS.title)
    .option('--check', 'write nothing, and list the files that are not current')
    .addHelpText('after', HELP)
    .action(async (options: DocsOptions) => {
      end(await printDocs(options, terminal));
    });
};

/**
 * Writes the documents, or checks them with `--check`.
 * @throws CommandFailedException
 */
async function printDocs(options: DocsOptions, terminal: Terminal): Promise<ExitCode> {
  refuseEmpty(options, terminal);
  const catalog = await loadCatalog(terminal.folder, options.catalog);
  const files = FORMATS[options.format](printedCatalog(catalog, options.title));
  const folder = new PrintedFolder(resolve(terminal.folder, options.out), options.format, files);
  if (options.check === true) return check(folder, files.length, options, terminal);
  const changes = folder.write();
  const removed = changes.filter(({ state }) => state === 'left over').length;
  // Without the list of files, which is not a document: "2 files, 3 written" would look like an
  // error.
  const changed = new Set(changes.map(({ path }) => path));
  const written = files.filter(({ path }) => changed.has(path)).length;
  terminal.out(`${options.out}: ${amount(files.length, 'file')}, ${written} written, ${removed} removed.`);
  return EXIT.fine;
}

/**
 * Refuses empty options. An unset variable in a script would otherwise select the current folder or
 * the root of the disk.
 */
function refuseEmpty({ out, title }: DocsOptions, terminal: Terminal): void {
  const folder = resolve(terminal.folder, out);
  if (out.trim() === '')
    throw CommandFailedException.create('--out is empty.', `use --out ${DEFAULTS.out}, or --out . for this folder`);
  if (folder === dirname(folder))
    throw CommandFailedException.create(`--out ${out} is the root of the disk.`, `--out ${DEFAULTS.out}`);
  if (title.trim() === '')
    throw CommandFailedException.create('--title is empty.', `use --title ${DEFAULTS.title}, or leave it out`);
}

function check(folder: PrintedFolder, size: number, options: DocsOptions, terminal: Terminal): ExitCode {
  const changes = folder.changes();
  if (changes.length === 0) {
    terminal.out(`${options.out} is current: ${amount(size, 'file')}.`);
    return EXIT.fine;
  }
  for (const change of changes) terminal.out(changeLine(change, options, terminal));
  terminal.tell(
    `${options.out} is not current: ${amount(changes.length, 'file')}.\n  Fix: run ${commandLine(options)}`,
  );
  return EXIT.found;
}

const COLOURS = { missing: 'red', different: 'yellow', 'left over': 'magenta' } as const;

function changeLine({ path, state }: FileChange, { out }: DocsOptions, terminal: Terminal): string {
  return `${terminal.paint(COLOURS[state], state.padEnd(9))}  ${out.replace(/\/$/, '')}/${path}`;
}

/** Returns the command that writes the files: the given one without `--check`. */
function commandLine(options: DocsOptions): string {
  const given = (['catalog', 'format', 'out', 'title'] as const).flatMap((name) => {
    const value = options[name];
    const isDefault = name !== 'catalog' && value === DEFAULTS[name];
    return value === undefined || isDefault ? [] : [`--${name} ${quoted(value)}`];
  });
  return ['event-tracking catalog docs', ...given].join(' ');
}

function quoted(text: string): string {
  return /^[\w./@:-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
