import { problemCheckStatements } from './problem-check';
import type { XapiRow, XapiStatements } from './row';
import { COURSE_ROWS, EXAM_ROWS } from './rows/course-rows';
import { FORUM_ROWS } from './rows/forum-rows';
import { NAVIGATION_ROWS, PROGRESS_ROWS } from './rows/progress-rows';
import { VIDEO_ROWS } from './rows/video-rows';

/** The table for the 65 events of Open edX that its own converter knows. */
export const openEdxRows: Readonly<Record<string, XapiRow | XapiStatements>> = {
  ...VIDEO_ROWS,
  ...FORUM_ROWS,
  ...COURSE_ROWS,
  ...EXAM_ROWS,
  ...NAVIGATION_ROWS,
  ...PROGRESS_ROWS,
  problem_check: problemCheckStatements,
};
