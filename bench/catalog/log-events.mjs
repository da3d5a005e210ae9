// The events of a learning platform, for a log of any length: seeded, so that every run writes the
// same bytes.

const KINDS = [
  { name: 'edx.course.enrollment.activated', weight: 4, data: (r) => ({ course_id: course(r), mode: pick(r, MODES) }) },
  {
    name: 'edx.course.enrollment.deactivated',
    weight: 1,
    data: (r) => ({ course_id: course(r), mode: pick(r, MODES) }),
  },
  {
    name: 'edx.course.enrollment.mode_changed',
    weight: 1,
    data: (r) => ({ course_id: course(r), mode: pick(r, MODES), from: r(2) === 0 ? null : pick(r, MODES) }),
  },
  { name: 'edx.video.loaded', weight: 8, data: (r) => video(r) },
  { name: 'edx.video.played', weight: 16, data: (r) => ({ ...video(r), currentTime: r(36_000) / 10 }) },
  { name: 'edx.video.paused', weight: 12, data: (r) => ({ ...video(r), currentTime: r(36_000) / 10 }) },
  { name: 'edx.video.stopped', weight: 6, data: (r) => ({ ...video(r), currentTime: r(36_000) / 10 }) },
  {
    name: 'edx.video.position.changed',
    weight: 6,
    data: (r) => ({
      ...video(r),
      old_time: r(36_000) / 10,
      new_time: r(36_000) / 10,
      type: pick(r, ['onSlideSeek', 'onSkipSeek']),
    }),
  },
  {
    name: 'edx.video.transcript.shown',
    weight: 2,
    data: (r) => ({ ...video(r), language: pick(r, ['en', 'de', 'es', 'fr']) }),
  },
  { name: 'problem_check', weight: 14, data: (r) => problem(r) },
  { name: 'problem_show', weight: 4, data: (r) => ({ problem: block(r, 'problem') }) },
  { name: 'problem_graded', weight: 4, data: (r) => ({ problem: block(r, 'problem'), grade: r(10), max_grade: 10 }) },
  {
    name: 'edx.grades.problem.submitted',
    weight: 4,
    data: (r) => ({
      user_id: user(r),
      course_id: course(r),
      problem_id: block(r, 'problem'),
      weighted_earned: r(100) / 10,
      weighted_possible: 10,
    }),
  },
  {
    name: 'edx.forum.thread.created',
    weight: 2,
    data: (r) => ({
      commentable_id: hex(r, 24),
      title: words(r, 6),
      body: words(r, 40),
      anonymous: r(10) === 0,
      options: { followed: r(2) === 0 },
      tags: Array.from({ length: r(4) }, () => words(r, 1)),
    }),
  },
  {
    name: 'edx.forum.response.created',
    weight: 2,
    data: (r) => ({
      discussion: { id: hex(r, 24) },
      body: words(r, 30),
      url: `https://learn.example.org/discussion/${hex(r, 24)}`,
    }),
  },
  {
    name: 'edx.bookmark.added',
    weight: 2,
    data: (r) => ({
      bookmark_id: `${user(r)},${block(r, 'html')}`,
      component_type: pick(r, ['html', 'video', 'problem']),
      component_usage_id: block(r, 'html'),
    }),
  },
  { name: 'edx.ui.lms.link_clicked', weight: 6, data: (r) => ({ current_url: url(r), target_url: url(r) }) },
  {
    name: 'edx.ui.lms.sequence.next_selected',
    weight: 6,
    data: (r) => ({
      id: block(r, 'sequential'),
      current_tab: 1 + r(9),
      tab_count: 10,
      widget_placement: pick(r, ['top', 'bottom']),
    }),
  },
  {
    name: 'edx.certificate.created',
    weight: 1,
    data: (r) => ({
      user_id: user(r),
      course_id: course(r),
      certificate_id: hex(r, 32),
      enrollment_mode: pick(r, MODES),
      issued_at: time(r(1_000_000) * 1000),
    }),
  },
  {
    name: 'edx.user.settings.changed',
    weight: 1,
    data: (r) => ({
      setting: pick(r, ['language', 'email', 'year_of_birth']),
      old: r(2) === 0 ? null : words(r, 1),
      new: words(r, 1),
      email: `learner${r(10_000)}@example.com`,
    }),
  },
];
const MODES = ['audit', 'honor', 'verified'];

/**
 * One event in so many is spoilt, each time in the next of these ways; then a line is written that
 * is no event.
 */
export const WRONG_EVERY = 1000;
const SPOILT = [
  (event) => ({ ...event, data: { ...event.data, undeclared_field: 1 } }), // additional-property
  (event) => ({ ...event, name: 'edx.not.in.the.catalog' }), // unplanned
  (event) => ({ ...event, context: { ...event.context, user_id: String(event.context.user_id) } }), // type-mismatch
  (event) => ({ ...event, context: without(event.context, 'course_id') }), // required-missing
];
export const BROKEN_EVERY = 10_000;

/** How many of what is wrong in a log of so many lines. */
export function wrongIn(lines) {
  const broken = Math.floor(lines / BROKEN_EVERY);
  const spoilt = Math.floor(lines / WRONG_EVERY) - broken; // each tenth of them is broken in their place
  return { lines, broken, spoilt };
}

/** @returns the text of line `at`, from 0, without its newline */
export function* logLines(count) {
  const random = randomOf(20261124);
  const table = KINDS.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  let spoilt = 0;
  for (let at = 1; at <= count; at++) {
    const { name, data } = table[random(table.length)];
    const event = { name, timestamp: time(at * 37), id: uuid(random), context: context(random), data: data(random) };
    const text = JSON.stringify(padded(event, random));
    if (at % BROKEN_EVERY === 0) yield text.slice(0, text.length >> 1);
    else if (at % WRONG_EVERY === 0) yield JSON.stringify(SPOILT[spoilt++ % SPOILT.length](JSON.parse(text)));
    else yield text;
  }
}

/**
 * About 1 KB, as events of a web application are: what is missing is an agent and a referer that
 * are longer.
 */
function padded(event, r) {
  const missing = 980 - JSON.stringify(event).length;
  if (missing > 0) event.context.referer += `?next=${hex(r, Math.min(missing, 400))}`;
  return event;
}

function context(r) {
  const id = user(r);
  return {
    request_id: uuid(r),
    ip: `203.0.113.${r(256)}`,
    agent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${100 + r(50)}.0.0.0 Safari/537.36`,
    host: 'learn.example.org',
    path: `/courses/${course(r)}/courseware/${hex(r, 32)}/`,
    referer: url(r),
    accept_language: pick(r, ['en-GB,en;q=0.9', 'de-DE,de;q=0.9,en;q=0.5', 'es-ES,es;q=0.9']),
    method: pick(r, ['GET', 'POST']),
    session: hex(r, 32),
    user_id: id,
    username: `learner_${id}`,
    course_id: course(r),
    org_id: 'edX',
  };
}

function video(r) {
  return { id: hex(r, 32), code: hex(r, 11), duration: 60 + r(3600) };
}

function problem(r) {
  const id = hex(r, 32);
  const answers = {};
  const correct_map = {};
  for (let at = 2; at < 3 + r(3); at++) {
    answers[`${id}_${at}_1`] = r(2) === 0 ? `choice_${r(5)}` : [`choice_${r(5)}`, `choice_${r(5)}`];
    correct_map[`${id}_${at}_1`] = {
      correctness: pick(r, ['correct', 'incorrect']),
      npoints: r(3) === 0 ? null : r(3),
      msg: '',
      hint: '',
      hintmode: null,
    };
  }
  return {
    problem_id: block(r, 'problem'),
    attempts: 1 + r(5),
    success: pick(r, ['correct', 'incorrect']),
    grade: r(3),
    max_grade: 3,
    answers,
    correct_map,
  };
}

const START = Date.UTC(2026, 10, 1);
const WORDS =
  'course week lecture answer grade why how does the proof of this lemma hold for all integers thanks question'.split(
    ' ',
  );

const time = (ms) => new Date(START + ms).toISOString();
const user = (r) => 10_000 + r(50_000);
const course = (r) => `course-v1:edX+DemoX+${2020 + r(7)}`;
const block = (r, type) => `block-v1:edX+DemoX+2026+type@${type}+block@${hex(r, 32)}`;
const url = (r) => `https://learn.example.org/courses/${course(r)}/courseware/${hex(r, 16)}/`;
const words = (r, count) => Array.from({ length: count }, () => pick(r, WORDS)).join(' ');
const pick = (r, list) => list[r(list.length)];
const uuid = (r) => hex(r, 32).replace(/(.{8})(.{4}).(.{3}).(.{3})(.{12})/, '$1-$2-7$3-8$4-$5');

function hex(r, length) {
  let text = '';
  while (text.length < length) text += r(0x10000000).toString(16).padStart(7, '0');
  return text.slice(0, length);
}

function without(object, key) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

/** Mulberry32. */
function randomOf(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}
