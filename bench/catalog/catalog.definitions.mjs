// The catalog of the events of log-events.mjs.
import { defineCatalog, defineEvent } from 'nestjs-event-tracking';
import { z } from 'zod';

/** Of every event. It carries more. */
export const context = z.object({ user_id: z.int(), course_id: z.string(), username: z.string() });
const mode = z.enum(['audit', 'honor', 'verified']);
const video = { id: z.string(), code: z.string(), duration: z.int() };
const at = { currentTime: z.number() };
const correctness = z.object({
  correctness: z.enum(['correct', 'incorrect']),
  npoints: z.int().nullable(),
  ...{ msg: z.string(), hint: z.string(), hintmode: z.string().nullable() },
});

/** Of problem_check: the largest of them, with maps, lists and alternatives. */
export const problemCheck = z.object({
  problem_id: z.string(),
  attempts: z.int().min(1),
  success: z.enum(['correct', 'incorrect']),
  ...{ grade: z.number(), max_grade: z.number() },
  answers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  correct_map: z.record(z.string(), correctness),
});

const DATA = {
  'edx.course.enrollment.activated': z.object({ course_id: z.string(), mode }),
  'edx.course.enrollment.deactivated': z.object({ course_id: z.string(), mode }),
  'edx.course.enrollment.mode_changed': z.object({ course_id: z.string(), mode, from: mode.nullable() }),
  'edx.video.loaded': z.object(video),
  'edx.video.played': z.object({ ...video, ...at }),
  'edx.video.paused': z.object({ ...video, ...at }),
  'edx.video.stopped': z.object({ ...video, ...at }),
  'edx.video.position.changed': z.object({
    ...video,
    ...{ old_time: z.number(), new_time: z.number(), type: z.enum(['onSlideSeek', 'onSkipSeek']) },
  }),
  'edx.video.transcript.shown': z.object({ ...video, language: z.string().length(2) }),
  problem_check: problemCheck,
  problem_show: z.object({ problem: z.string() }),
  problem_graded: z.object({ problem: z.string(), grade: z.number(), max_grade: z.number() }),
  'edx.grades.problem.submitted': z.object({
    ...{ user_id: z.int(), course_id: z.string(), problem_id: z.string() },
    ...{ weighted_earned: z.number(), weighted_possible: z.number() },
  }),
  'edx.forum.thread.created': z.object({
    ...{ commentable_id: z.string(), title: z.string(), body: z.string(), anonymous: z.boolean() },
    options: z.object({ followed: z.boolean() }),
    tags: z.array(z.string()),
  }),
  'edx.forum.response.created': z.object({
    discussion: z.object({ id: z.string() }),
    ...{ body: z.string(), url: z.string() },
  }),
  'edx.bookmark.added': z.object({
    ...{ bookmark_id: z.string(), component_usage_id: z.string() },
    component_type: z.enum(['html', 'video', 'problem']),
  }),
  'edx.ui.lms.link_clicked': z.object({ current_url: z.string(), target_url: z.string() }),
  'edx.ui.lms.sequence.next_selected': z.object({
    ...{ id: z.string(), current_tab: z.int(), tab_count: z.int() },
    widget_placement: z.enum(['top', 'bottom']),
  }),
  'edx.certificate.created': z.object({
    ...{ user_id: z.int(), course_id: z.string(), certificate_id: z.string(), enrollment_mode: mode },
    issued_at: z.date(), // a Date when it is emitted, a text in the log
  }),
  'edx.user.settings.changed': z.object({
    ...{ setting: z.string(), old: z.string().nullable(), new: z.string(), email: z.string() },
  }),
};

export const catalog = defineCatalog(
  Object.entries(DATA).map(([name, data]) => defineEvent(name, { data, context, pii: ['context.username'] })),
);
