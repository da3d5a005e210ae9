/**
 * Settings from the environment. They are read when the application starts, not when this file is
 * loaded, so that a wrong value stops the start with one line that names the variable.
 */
export interface Settings {
  /** PORT. 0 selects any free port.  @default 3000 */
  readonly port: number;
  /** SAMPLE_TRAFFIC: events per second of simulated learners, 0 to 1000.  @default 0: none */
  readonly traffic: number;
  /** DATABASE_URL of PostgreSQL.  @default none: the database is in memory */
  readonly databaseUrl: string | undefined;
  readonly tracking: {
    /** TRACKING_ENABLED, `true` or `false`.  @default true */
    readonly enabled: boolean;
    /** TRACKING_LOG, relative to the working directory.  @default 'tracking.log' */
    readonly log: string;
    /** TRACKING_REPORTS, relative to the working directory.  @default 'reports.log' */
    readonly reports: string;
    /**
     * TRACKING_DIRECTORY: the folder that stores events while a destination is down.
     * @default none: events wait in memory only
     */
    readonly directory: string | undefined;
  };
}

/** The application cannot start. The message says which setting to change. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  return {
    port: integer('PORT', environment.PORT || '3000', 65_535, ' (any free port)'),
    traffic: integer('SAMPLE_TRAFFIC', environment.SAMPLE_TRAFFIC || '0', 1000, ' (no traffic)'),
    databaseUrl: postgresUrl(environment.DATABASE_URL),
    tracking: {
      enabled: flag(environment.TRACKING_ENABLED || 'true'),
      log: environment.TRACKING_LOG || 'tracking.log',
      reports: environment.TRACKING_REPORTS || 'reports.log',
      directory: environment.TRACKING_DIRECTORY || undefined,
    },
  };
}

function integer(name: string, text: string, max: number, meaningOfZero: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= max) return Number(text);
  throw new StartError(`${name} is "${text}". Set it to a number from 0${meaningOfZero} to ${max}.`);
}

// The message does not show the value, because it can contain a password.
function postgresUrl(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new StartError(
    'DATABASE_URL is not a URL of PostgreSQL. Set it like postgres://user:password@127.0.0.1:5432/database, or remove it to use a database in memory.',
  );
}

// Boolean('false') is true, so the string must be compared.
function flag(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new StartError(`TRACKING_ENABLED is "${text}". Set it to true or false.`);
}
