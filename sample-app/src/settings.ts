/**
 * What the environment may set. Read when the application is made, not when this file is loaded, so that a fault stops the start
 * with one line that says which variable is wrong.
 */
export interface Settings {
  /** PORT. 0 takes any free one.  @default 3000 */
  readonly port: number;
  readonly tracking: {
    /** TRACKING_ENABLED, `true` or `false`.  @default true */
    readonly enabled: boolean;
    /** TRACKING_LOG, relative to the working directory.  @default 'tracking.log' */
    readonly log: string;
    /** TRACKING_REPORTS, relative to the working directory.  @default 'reports.log' */
    readonly reports: string;
    /** TRACKING_DIRECTORY: where events wait that a destination does not take.  @default none: in memory alone */
    readonly directory: string | undefined;
  };
}

/** The application cannot start, and the message says what to change. */
export class StartFault extends Error {
  override readonly name = 'StartFault';
}

export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  return {
    port: port(environment.PORT || '3000'),
    tracking: {
      enabled: flag(environment.TRACKING_ENABLED || 'true'),
      log: environment.TRACKING_LOG || 'tracking.log',
      reports: environment.TRACKING_REPORTS || 'reports.log',
      directory: environment.TRACKING_DIRECTORY || undefined,
    },
  };
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new StartFault(`PORT is "${text}"; it can be 0 (any free port) to 65535.`);
}

// Boolean('false') is true: a flag read that way could never be turned off.
function flag(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new StartFault(`TRACKING_ENABLED is "${text}"; it can be true or false.`);
}
