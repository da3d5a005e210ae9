// What events are held against at emit: those of catalog.definitions.mjs, and the largest of them
// in the words of other libraries.
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import { defineCatalog, defineEvent } from 'nestjs-event-tracking';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import * as v from 'valibot';
import { z } from 'zod';
import { catalog, context, problemCheck } from './catalog.definitions.mjs';

const CORRECTNESS = ['correct', 'incorrect'];

function ofValibot() {
  const integer = v.pipe(v.number(), v.integer());
  const correctness = v.object({
    ...{ correctness: v.picklist(CORRECTNESS), npoints: v.nullable(integer) },
    ...{ msg: v.string(), hint: v.string(), hintmode: v.nullable(v.string()) },
  });
  const data = v.object({
    ...{ problem_id: v.string(), attempts: v.pipe(v.number(), v.integer(), v.minValue(1)) },
    ...{ success: v.picklist(CORRECTNESS), grade: v.number(), max_grade: v.number() },
    answers: v.record(v.string(), v.union([v.string(), v.array(v.string())])),
    correct_map: v.record(v.string(), correctness),
  });
  const context = v.object({ user_id: integer, course_id: v.string(), username: v.string() });
  return { data: toStandardJsonSchema(data), context: toStandardJsonSchema(context) };
}

function ofArktype() {
  const correctness = type({
    ...{ correctness: "'correct' | 'incorrect'", npoints: 'number.integer | null' },
    ...{ msg: 'string', hint: 'string', hintmode: 'string | null' },
  });
  const data = type({
    ...{ problem_id: 'string', attempts: 'number.integer >= 1', success: "'correct' | 'incorrect'" },
    ...{ grade: 'number', max_grade: 'number' },
    answers: { '[string]': 'string | string[]' },
    correct_map: { '[string]': correctness },
  });
  return { data, context: type({ user_id: 'number.integer', course_id: 'string', username: 'string' }) };
}

function ofAjv() {
  const json = (schema) => jsonSchema(z.toJSONSchema(schema, { io: 'input' }));
  return { data: json(problemCheck), context: json(context) };
}

const OF_PROBLEM_CHECK = { arktype: ofArktype, valibot: ofValibot, ajv: ofAjv };

/**
 * @param schemas `all`: twenty events by zod; or the library by which problem_check alone is
 * defined
 */
export function catalogOf(schemas) {
  if (schemas === 'all') return catalog;
  const { data, context: ofContext } = OF_PROBLEM_CHECK[schemas]?.() ?? { data: problemCheck, context };
  return defineCatalog([defineEvent('problem_check', { data, context: ofContext })]);
}
