/**
 * The named functions of expressions. Each gets the compiled arguments once, and returns the reader
 * that runs for each event.
 */
import { asText, fieldReader, type EventSource, type FieldReader } from './learning-event';
import type { XapiFunctionName } from './row';
import { xapiDuration } from './times';

interface Context {
  readonly rootUrl: string;
  readonly courseName: (courseId: string) => string | undefined;
}

type DomainFunction = (args: readonly FieldReader[], context: Context) => FieldReader;

const nothing: FieldReader = () => undefined;

export const DomainFunctions: Readonly<Record<XapiFunctionName, DomainFunction>> = {
  courseName: ([id = nothing], { courseName }) => {
    return (source) => {
      const value = id(source);
      return typeof value === 'string' ? courseName(value) : undefined;
    };
  },
  default: ([value = nothing, otherwise = nothing]) => {
    return (source) => value(source) ?? otherwise(source);
  },
  eq: ([left = nothing, right = nothing]) => {
    return (source) => numberOf(left, source) === right(source);
  },
  gte: ([left = nothing, right = nothing]) => {
    return (source) => numberOr0(left, source) >= numberOr0(right, source);
  },
  or0: ([value = nothing]) => {
    return (source) => numberOr0(value, source);
  },
  ratio: ([part = nothing, whole = nothing]) => {
    return (source) => {
      const total = numberOr0(whole, source);
      return total === 0 ? 0 : numberOr0(part, source) / total;
    };
  },
  times: ([left = nothing, right = nothing]) => {
    return (source) => numberOf(left, source) * numberOf(right, source);
  },
  sec3: ([value = nothing]) => {
    return (source) => {
      const seconds = optionalNumber(value, source);
      return seconds === undefined ? undefined : threeDecimals(seconds);
    };
  },
  isoDuration: ([value = nothing]) => {
    return (source) => {
      const seconds = optionalNumber(value, source);
      return seconds === undefined ? undefined : xapiDuration(seconds);
    };
  },
  problemId: () => problemId,
  forumIri: (_args, { rootUrl }) => {
    return (source) => forumIri(source, rootUrl);
  },
  videoIri: (_args, { rootUrl }) => {
    return (source) => `${rootUrl}/xblock/${videoBlock(source)}`;
  },
};

const idOfData = fieldReader('data.id');
const requiredId = fieldReader('!data.id');
const courseOf = fieldReader('!context.course_id');
const pathOf = fieldReader('!context.path');
const PROBLEM_IDS = ['data.problem_id', 'data.module_id', 'context.module.usage_key'].map(fieldReader);

/** Id of the block that a problem event is about. */
export function problemId(source: EventSource): unknown {
  for (const read of PROBLEM_IDS) {
    const value = read(source);
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * The block of a kind in the course of the event: `block-v1:edX+DemoX+Demo+type@video+block@…`.
 * @throws LearningMappingException for a course key of an older form, which has no such blocks
 */
export function blockOf(source: EventSource, type: string, id: string): string {
  const course = asText(courseOf(source));
  const prefix = course.startsWith('ccx-v1:') ? 'ccx-block-v1:' : 'block-v1:';
  if (!/^(course|ccx)-v1:/.test(course)) throw source.error('context.course_id is not of the form course-v1:…');
  return `${prefix}${course.slice(course.indexOf(':') + 1)}+type@${type}+block@${id}`;
}

/** The video of an event. Browsers send the id of the block alone. */
export function videoBlock(source: EventSource): string {
  return blockOf(source, 'video', asText(requiredId(source)));
}

/** The thread or comment of an event: the path of the request, which has its id or gets it. */
function forumIri(source: EventSource, rootUrl: string): string {
  const path = asText(pathOf(source)).replace(/^\/+|\/+$/g, '');
  const id = idOfData(source);
  if (id === undefined || path.includes(asText(id))) return `${rootUrl}/${path}`;
  return `${rootUrl}/${path}/${asText(id)}`;
}

/**
 * Rounds to three decimals like Python: by the exact value, and to the even digit in the middle.
 */
export function threeDecimals(value: number): number {
  const isTie = Number.isInteger(value * 16) && !Number.isInteger(value * 8);
  if (!isTie) return Number(value.toFixed(3));
  const below = Math.floor(value * 1000);
  return (below % 2 === 0 ? below : below + 1) / 1000;
}

/** @throws LearningMappingException if the value is not a number, or the text of one */
export function optionalNumber(read: FieldReader, source: EventSource): number | undefined {
  const value = read(source);
  if (value === undefined) return undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw source.error('a value is not a number');
  return number;
}

function numberOf(read: FieldReader, source: EventSource): number {
  const number = optionalNumber(read, source);
  if (number === undefined) throw source.error('a number is missing');
  return number;
}

function numberOr0(read: FieldReader, source: EventSource): number {
  return optionalNumber(read, source) ?? 0;
}
