import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes. What is its result goes out; what is said about it goes to the error stream, so that a pipe gets the result alone. */
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

  /** Whether somebody looks on, to whom a progress bar is worth showing. */
  get isWatched(): boolean {
    return this.stderr.isTTY === true;
  }

  out(text: string): void {
    this.stdout.write(`${text}\n`);
  }

  tell(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /** Writes over the line that stands there. Only where `isWatched`. */
  progress(text: string): void {
    this.stderr.write(`\r\u001b[K${text}`);
  }

  /** In colour, where there are colours. */
  paint(style: Style, text: string): string {
    return this.hasColours ? styleText(style, text, { validateStream: false }) : text;
  }
}
