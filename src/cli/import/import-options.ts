import { OptionChecker } from '../../common/option-checker';
import type { OptionRules } from '../../common/option-place';
import { anything, flag, functionRule, number, text, textList, value } from '../../common/option-rules';
import { findRuntime } from '../../tracker/runtime-of';
import type { TrackerService } from '../../tracker/tracker.service';
import type { ImportFilter } from './import-filter';

/** Progress of an import. */
export interface ImportProgress {
  /** Number of lines that were read. */
  readonly lines: number;
  /**
   * Number of lines whose events are all settled. An import with this number in `skipLines`
   * continues there.
   */
  readonly settledLines: number;
}

export interface ImportOptions extends ImportFilter {
  /** Tracker whose backends get the events. The application must be running. */
  readonly tracker?: TrackerService | undefined;
  /** Path of the backend that gets the events, such as `caliper/mongo`.  @default all backends */
  readonly branch?: string | undefined;
  /** True to read and count only; `tracker` is then not needed.  @default false */
  readonly dryRun?: boolean | undefined;
  /** Number of lines at the start that an earlier import has settled.  @default 0 */
  readonly skipLines?: number | undefined;
  /** Ends the import. Events that were given to the backends are still delivered.  @default none */
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece of the log. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

const TIME = value('a Date', (given) => given instanceof Date && !Number.isNaN(given.getTime()), {
  fix: (name) => `${name}: new Date('2025-01-01T00:00:00Z')`,
});
const NAMES = textList({ fix: (name) => `${name}: ['edx.course.*']` });

const RULES: OptionRules<ImportOptions> = {
  tracker: value('a TrackerService', isTracker, { fix: 'tracker: app.get(TrackerService)' }),
  branch: text({ fix: "branch: 'warehouse'" }),
  dryRun: flag({ fix: 'dryRun: true' }),
  skipLines: number({ min: 0, isWhole: true }, { fix: 'skipLines: progress.settledLines' }),
  signal: anything(),
  onProgress: functionRule({ fix: 'onProgress: ({ lines }) => console.error(lines)' }),
  names: NAMES,
  except: NAMES,
  courses: textList({ fix: "courses: ['course-v1:edX+DemoX+2026']" }),
  from: TIME,
  until: TIME,
};

/** Checks the options of `importEvents`. @throws TrackingConfigException listing every error */
export function checkImportOptions(options: ImportOptions): void {
  const check = new OptionChecker('importEvents()', {
    example: "importEvents(createReadStream('tracking.log'), { tracker })",
  });
  check.read(options, RULES, ({ tracker, dryRun }) => {
    if (tracker === undefined && dryRun !== true)
      check.add('tracker is missing.', 'tracker: app.get(TrackerService), or dryRun: true to count only');
  });
  check.throwIfAny();
}

function isTracker(given: unknown): boolean {
  return typeof given === 'object' && given !== null && findRuntime(given) !== undefined;
}
