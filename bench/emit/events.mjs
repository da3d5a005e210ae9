// Realistic events of a wanted size: nested answers, block keys, user agents; seeded, so that every process sees the same.
export const REQUEST = {
  request_id: '0f8bb910-af5d-4299-ad6b-b8f3e8f554a7',
  ip: '203.0.113.9',
  agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  host: 'learn.example.org',
  path: '/courses/course-v1:edX+DemoX+Demo_Course/xblock/handler/problem_check',
  accept_language: 'en-GB,en;q=0.9',
  method: 'POST',
  user_id: 10938,
  username: 'learner_10938',
};
export const COURSE = { course_id: 'course-v1:edX+DemoX+Demo_Course', org_id: 'edX' };
export const MODULE = { module: 'block-v1:edX+DemoX+Demo_Course+type@problem+block@a0effb954cca' };

/** Small events have a small context too: an anonymous request. */
export function contextOf(bytes) {
  return bytes < 500 ? [{ user_id: 10938 }, { course_id: 'DemoX' }, { module: 'p1' }] : [REQUEST, COURSE, MODULE];
}

/** Data such that the JSON text of `{ name, timestamp, context, data }` is about `bytes` long. */
export function dataOf(bytes) {
  const context = JSON.stringify(Object.assign({}, ...contextOf(bytes)));
  const data = { attempts: 3, success: 'incorrect', grade: 1, max_grade: 2, answers: {}, correct_map: {} };
  let seed = 7;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let at = 2; JSON.stringify(data).length + context.length + 80 < bytes - 150; at++) {
    const key = `a0effb954cca4759994f1ac9e9434bf4_${at}_1`;
    data.answers[key] = random(2) === 0 ? `choice_${random(5)}` : [`choice_${random(5)}`, `choice_${random(5)}`];
    data.correct_map[key] = { correctness: 'correct', npoints: random(3), msg: '', hint: null, hintmode: null };
  }
  data.state = {
    seed: random(100),
    done: true,
    note: 'x'.repeat(Math.max(0, bytes - JSON.stringify(data).length - context.length - 140)),
  };
  return data;
}
