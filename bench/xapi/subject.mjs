// Converts events with one row of the table, in a process of its own: node subject.mjs CASE EVENTS.
// Prints { cpuUs, isSteady, … }: CPU time of one statement. Users and times differ from event to
// event.
import { createRequire } from 'node:module';
import { warmUp, windowOf } from '../warm-up.mjs';

const require = createRequire(import.meta.url);
const { toXapi } = require('nestjs-event-tracking/xapi');
const { toCaliper } = require('nestjs-event-tracking/caliper');

const context = {
  course_id: 'course-v1:edX+DemoX+2026',
  session: '993110e9c27848a545da74a74114158d',
  path: '/threads/',
};
const video = { id: '0b9e39477cf34507a7a48f74be381fdd', currentTime: 194.40735, duration: 195, code: 'html5' };
const answer = { question: 'Which?', answer: ['a', 'b'], correct: true, response_type: 'choiceresponse' };
const problem = 'block-v1:edX+DemoX+2026+type@problem+block@3fc5461f86764ad7bdbdf6cbdde61e66';
const submission = Object.fromEntries([2, 3, 4].map((n) => [`3fc5461f86764ad7bdbdf6cbdde61e66_${n}_1`, answer]));
const options = { rootUrl: 'https://lms.example', courseName: () => 'Demonstration Course' };
const cases = {
  enrollment: { convert: toXapi(options), name: 'edx.course.enrollment.activated', data: { mode: 'audit' } },
  video: { convert: toXapi(options), name: 'pause_video', data: video },
  forum: { convert: toXapi(options), name: 'edx.forum.thread.created', data: { id: 't1', title: 'A thread' } },
  problem: {
    ...{ convert: toXapi(options), name: 'problem_check' },
    data: { problem_id: problem, submission, grade: 3, max_grade: 3, success: 'correct', attempts: 2 },
  },
  caliper: { convert: toCaliper(options), name: 'pause_video', data: video },
};

const [, , chosen, events] = process.argv;
const { convert, name, data } = cases[chosen];
let at = Date.UTC(2026, 0, 1);
let bytes = 0;

/** CPU time in µs for that many statements. */
function run(statements) {
  const start = process.cpuUsage();
  for (let made = 0; made < statements;) {
    at += 1;
    const timestamp = new Date(at);
    const each = convert({ id: `e-${at}`, name, timestamp, context: { ...context, user_id: at % 5000 }, data });
    if (each.length === 0) throw new Error(`${chosen} made nothing`);
    bytes = each[0].id.length;
    made += each.length;
  }
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

const warm = await warmUp(async (count) => run(count), { cold: 100, window: windowOf(100) });
const cpuUs = run(Number(events)) / Number(events);
if (bytes === 0) throw new Error('no statement had an id');
console.log(JSON.stringify({ ...warm, cpuUs }));
