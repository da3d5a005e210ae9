import { DOCUMENTED } from './catalog.mjs';
import { ENDS, fateOf, REFUSED, TREE } from './destinations.mjs';
import { HOSTILE } from './hostile.mjs';

const NAMES = [
  ...Array(6).fill('play_video'),
  ...Array(4).fill('pause_video'),
  ...Array(5).fill('problem_check'),
  ...Array(3).fill('edx.course.enrollment.activated'),
  'edx.course.enrollment.deactivated',
  'edx.course.enrollment.mode_changed',
  'edx.forum.thread.created',
  'edx.forum.thread.viewed',
  'edx.grades.problem.submitted',
  'edx.ui.lms.link_clicked',
  'edx.ui.lms.sequence.next_selected',
  'edx.video.bumper.played',
  'seek_video',
  'load_video',
  'page_close',
];
const COURSES = ['course-v1:DemoX+101+2026', 'course-v1:MITx+6.002x+2026_T1', 'course-v1:HarvardX+CS50+2026'];
const USERS = ['7', '11111', '204', 'honor', 'verified', 'staff', '90210', '318'];
const MODES = ['audit', 'honor', 'verified', 'professional'];

function dataOf(name, random) {
  const course_id = random.of(COURSES);
  if (name === 'problem_check') {
    const isRight = random.chance(0.6);
    return {
      problem_id: `block-v1:DemoX+101+type@problem+block@${random.hex(8)}`,
      success: isRight ? 'correct' : 'incorrect',
      attempts: random.chance(0.12) ? 'three' : 1 + random.below(4),
      grade: isRight ? 1 : 0,
      max_grade: 1,
      answers: { input_2_1: '[redacted]' },
      submission: [{ question: 'What is the capital of France?', response_type: 'choiceresponse', correct: isRight }],
    };
  }
  if (name.startsWith('edx.course'))
    return { course_id, user_id: 1 + random.below(400), mode: random.chance(0.1) ? 'credit' : random.of(MODES) };
  if (/video/.test(name))
    return {
      id: `i4x-DemoX-video-${random.hex(6)}`,
      code: 'html5',
      currentTime: random.below(90_000) / 100,
      duration: 914,
    };
  return {
    course_id,
    target_url: `https://courses.example.org/courses/${course_id}/`,
    tags: ['lms', 'learner'],
    depth: random.below(8),
  };
}

const violationsOf = (name, data) => {
  if (name === 'problem_check' && typeof data.attempts === 'string')
    return [
      ['data.attempts', 'type', 'must be an integer, is a string', data.attempts, { type: ['integer', 'string'] }],
    ];
  if (data.mode === 'credit')
    return [
      [
        'data.mode',
        'enum',
        'must be one of "audit", "honor", "verified", "professional"',
        'credit',
        { enum: [...MODES, 'credit'] },
      ],
    ];
  return [];
};

let seq = 0;

/** Makes an event with everything that the explorer knows about it. */
export function makeEvent(random, at, wish = {}) {
  const hostile = wish.name === undefined && random.chance(0.02) ? random.of(HOSTILE) : undefined;
  const name = wish.name ?? hostile?.name ?? random.of(NAMES);
  const data = wish.data ?? hostile?.data ?? dataOf(name, random);
  const actor = wish.user ?? hostile?.user ?? (random.chance(0.12) ? undefined : random.of(USERS));
  const id = random.id(at);
  const context = {
    ...(actor !== undefined && (/^\d+$/.test(actor) ? { user_id: Number(actor) } : { username: actor })),
    course_id: random.of(COURSES),
    session: random.hex(32),
    ip: '[redacted]',
    path: '/api/enrollment/v1/enrollment',
    host: 'courses.example.org',
    agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36',
    release: '2026.11',
  };
  const time = new Date(at).toISOString();
  const event = { id, name, timestamp: time, context, data };
  const violationList = violationsOf(name, data).map(([path, kind, message, example, schema]) => ({
    event: name,
    path,
    kind,
    message,
    location: 'src/courses/enrolment.service.ts:42:18',
    mode: 'report',
    count: 1,
    firstAt: time,
    lastAt: time,
    example,
    suggestion: {
      text: kind === 'enum' ? `Add "${example}" to the values of ${path}.` : `Allow a string in ${path}.`,
      schema,
    },
  }));
  const row = {
    seq: (seq += 1),
    id,
    process: random.chance(0.8) ? 'web-1:4711' : 'web-2:4712',
    tracker: 'default',
    name,
    time,
    ...(actor !== undefined && { actor }),
    bytes: Buffer.byteLength(JSON.stringify(event)),
    violations: violationList.length,
  };
  const fates = ENDS.map((path) => ({ path, ...fateOf(path, row, random) }));
  return { ...row, outcomes: fates.map(({ path, first }) => ({ path, ...first })), fates, event, violationList, at };
}

const stepsOf = (detail, random) => [
  {
    path: '',
    processor: 'processors[0] (ContextDefaults)',
    result: 'changed',
    tookUs: 4 + random.below(9),
    changes: [{ path: 'context.release', kind: 'added', after: '2026.11' }],
  },
  {
    path: '',
    processor: 'processors[1] (Redact)',
    result: 'changed',
    tookUs: 11 + random.below(30),
    changes: [
      { path: 'context.ip', kind: 'changed', before: '[personal]', after: '[redacted]' },
      ...(detail.event.data.answers
        ? [{ path: 'data.answers.input_2_1', kind: 'changed', before: '[personal]', after: '[redacted]' }]
        : []),
      ...(detail.event.data.body
        ? [
            {
              path: 'data.body',
              kind: 'changed',
              before: detail.event.data.body,
              after: detail.event.data.body.slice(0, 2_000),
            },
          ]
        : []),
    ],
  },
  ...TREE.filter(({ path }) => path !== '').flatMap((node) =>
    node.processors.map((processor) => {
      const outcome = detail.outcomes.find(({ path }) => path === node.path);
      if (outcome?.state === 'filtered')
        return { path: node.path, processor, result: 'dropped', reason: 'name is not in the list', tookUs: 1 };
      if (outcome?.reason === 'processor-failed')
        return {
          path: node.path,
          processor,
          result: 'failed',
          reason: "TypeError: Cannot read properties of undefined (reading 'id')",
          tookUs: 88,
        };
      return {
        path: node.path,
        processor,
        result: /Transform/.test(processor) ? 'changed' : 'unchanged',
        tookUs: 2 + random.below(60),
        ...(/Transform/.test(processor) && {
          changes: [
            { path: 'data.verb', kind: 'added', after: { id: 'http://adlnet.gov/expapi/verbs/registered' } },
            { path: 'context.agent', kind: 'removed', before: detail.event.context.agent },
          ],
        }),
      };
    }),
  ),
];

function attemptsOf(detail) {
  const at = (afterMs) => new Date(detail.at + afterMs).toISOString();
  return detail.outcomes.flatMap(({ path, state, reason }) => {
    if (path === 'tracking_logs' || state === 'queued' || state === 'filtered' || state === 'dropped') return [];
    const failed = (afterMs, error, status) => ({
      path,
      at: at(afterMs),
      tookMs: 31,
      result: 'failed',
      batch: 50,
      ...(status && { status }),
      error,
    });
    if (state === 'dead')
      return [
        failed(210, 'status 503 Service Unavailable', 503),
        { path, at: at(1_340), tookMs: 48, result: 'rejected', batch: 1, status: 422, error: reason ?? REFUSED },
      ];
    if (state === 'retrying')
      return [
        failed(210, 'status 503 Service Unavailable', 503),
        { path, at: at(1_900), tookMs: 10_000, result: 'timeout', batch: 50, error: 'no reply within 10,000 ms' },
      ];
    return [{ path, at: at(180), tookMs: 12 + (detail.seq % 40), result: 'delivered', batch: 50, status: 200 }];
  });
}

/** `GET api/events/:id` */
export function detailOf(stored, random, neighbours) {
  const detail = { ...stored, fates: undefined, at: undefined };
  const transformed = {
    ...detail.event,
    data: {
      ...detail.event.data,
      verb: { id: 'http://adlnet.gov/expapi/verbs/registered', display: { en: 'registered' } },
    },
    context: Object.fromEntries(Object.entries(detail.event.context).filter(([key]) => key !== 'agent')),
  };
  return {
    ...detail,
    received: ['caliper/mongo', 'lrs'].map((path) => ({ path, event: transformed })),
    steps: stepsOf(stored, random),
    context: Object.keys(detail.event.context).map((key) => ({
      key,
      from: key === 'release' ? 'processor' : ['course_id', 'session'].includes(key) ? 'scope' : 'request',
      detail:
        key === 'release'
          ? 'processors[0] (ContextDefaults)'
          : key === 'course_id'
            ? 'EnrolmentService.enrol'
            : key === 'session'
              ? '1 scope out'
              : 'POST /api/enrollment/v1/enrollment',
    })),
    attempts: attemptsOf(stored),
    location: 'src/courses/enrolment.service.ts:42:18',
    ...(DOCUMENTED.some(({ name }) => name === detail.name) && {
      documentation: DOCUMENTED.find(({ name }) => name === detail.name),
    }),
    ...neighbours,
    isCut: detail.bytes > 9_000,
  };
}
