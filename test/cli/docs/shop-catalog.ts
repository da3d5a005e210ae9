import { z } from 'zod';
import { defineCatalog } from '../../../src/catalog/catalog';
import { defineContext } from '../../../src/catalog/define-context';
import { defineEvent } from '../../../src/catalog/define-event';

const Comment = z.object({
  text: z.string().describe('What was said.'),
  get replies() {
    return z.array(Comment);
  },
});

/** What a page has to show: every part of a definition, and every form of a field. */
export const catalog = defineCatalog([
  defineEvent('edx.course.enrollment.activated', {
    title: 'Enrolment activated',
    description:
      'A learner has a place in a course run.\n\nStaff enrol whole cohorts at once: one event for each learner.',
    when: 'A learner enrols, by themselves or by staff',
    owner: 'enrolments',
    since: '2026-11-01',
    version: 2,
    history: [
      { version: 1, date: '2026-10-01', change: 'first' },
      { version: 2, date: '2026-11-01', change: '`mode` was added | with a bar' },
    ],
    data: z.object({
      course_id: z.string().describe('The course run, as opaque key.'),
      mode: z.enum(['audit', 'verified']).nullable().describe('Which track | if any.'),
      price: z.number().min(0).max(10_000).optional().describe('In cents.'),
      learner: z.object({ email: z.email(), cohort: z.string().min(1).max(20).optional() }),
      answers: z.array(z.object({ text: z.string().describe('As typed.'), at: z.iso.datetime() })),
      tags: z.array(z.string()).max(5),
      scores: z.record(z.string(), z.int()),
      place: z.tuple([z.number(), z.number()]),
      paid_by: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('card'), brand: z.string() }),
        z.object({ kind: z.literal('invoice'), number: z.int() }),
      ]),
    }),
    context: z.object({ user_id: z.int().describe('Who enrols.'), course: z.object({ org: z.string() }) }),
    pii: ['data.learner.email', 'data.answers.*.text', 'context.user_id'],
    xapi: {
      verb: { id: 'http://adlnet.gov/expapi/verbs/registered', display: 'registered | <enrolled>' },
      object: { id: '{rootUrl}/course/{data.course_id}', name: () => 'Course' },
      result: { score: { min: 0 }, extensions: { 'https://shop.example/x/tags': '{data.tags}' } },
    },
    examples: [
      {
        course_id: 'course-v1:edX+DemoX+2026',
        mode: 'audit',
        learner: { email: 'ada@example.com' },
        answers: [],
        tags: ['new'],
        scores: { quiz: 3 },
        place: [48.1, 11.6],
        paid_by: { kind: 'card', brand: 'visa' },
      },
    ],
  }),
  defineEvent('edx.course.enrollment.deactivated', {
    title: 'Enrolment ended',
    since: '2026-11-01',
    data: z.object({ course_id: z.string(), comments: z.array(Comment) }),
  }),
  defineEvent('play_video', {
    source: 'browser',
    deprecated: { since: '2026-11-01', replacedBy: 'edx.course.enrollment.activated' },
    data: z.object({
      code: z
        .string()
        .regex(/^[a-z]{3}\|\d$/)
        .refine((code) => code.startsWith('zzz')),
      at: z.number(),
    }),
  }),
  defineEvent('Page Viewed'),
  defineEvent('page viewed'),
  defineEvent('a/../../<b>&"\'', { title: '<script>alert(1)</script>', description: '<img src=x onerror=alert(1)>' }),
  defineContext('request', {
    title: 'The request',
    when: 'Around each request',
    fields: z.object({ user_id: z.int().optional().describe('Who is signed in.'), ip: z.ipv4(), agent: z.string() }),
    pii: ['ip'],
  }),
  defineContext('course', {
    when: 'While a page of a course is shown',
    fields: z.object({ course: z.object({ org: z.string() }) }),
  }),
]);
