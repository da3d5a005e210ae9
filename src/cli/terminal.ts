import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/**
 * Output of a command. Results go to the standard output and messages to the error stream, so that
 * a pipe gets the result alone.
 */
export class Terminal {
  private readonly hasColours: boolean;

  constructor(
    private readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined },
    private readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined },
    readonly folder: string,
    environment: Readonly<Record<string, string | undefined>> = {},
  ) {
    // https://no-color.org
    this.hasColours = stdout.isTTY === true && !environment['NO_COLOR'];
  }

  /** True if the error stream is a terminal, where a progress bar is useful. */
  get isWatched(): boolean {
    return this.stderr.isTTY === true;
  }

  out(text: string): void {
    this.stdout.write(`${text}\n`);
  }

  tell(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /** Replaces the current line. Call it only if `isWatched` is true. */
  progress(text: string): void {
    this.stderr.write(`\r\u001b[K${text}`);
  }

  /** Colors a string if the output supports colors. */
  paint(style: Style, text: string): string {
    return this.hasColours ? styleText(style, text, { validateStream: false }) : text;
  }
}
