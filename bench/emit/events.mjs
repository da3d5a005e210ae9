// Realistic events of a wanted size: nested answers, block keys, user agents; seeded, so that every
// process sees the same.
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

/** What the data of an event is made of. A fast path may not depend on any of them. */
const FILLERS = {
  event(data, at, random) {
    data.answers ??= {};
    data.correct_map ??= {};
    const key = `a0effb954cca4759994f1ac9e9434bf4_${at + 2}_1`;
    data.answers[key] = random(2) === 0 ? `choice_${random(5)}` : [`choice_${random(5)}`, `choice_${random(5)}`];
    data.correct_map[key] = { correctness: 'correct', npoints: random(3), msg: '', hint: null, hintmode: null };
  },
  flat(data, at, random) {
    data[`field_${at}`] = [`choice_${random(50)}`, random(1000), random(2) === 0, null][at % 4];
  },
  nested(data, at, random) {
    data.trees ??= [];
    if (at % 6 === 0 || data.trees.length === 0) data.trees.push(null);
    const child = data.trees.at(-1);
    data.trees[data.trees.length - 1] = { id: at, value: `choice_${random(50)}`, child: child && [child] };
  },
  long(data, at, random) {
    data[`essay_${at % 2}`] =
      `${data[`essay_${at % 2}`] ?? ''}The answer, "as given" on line ${random(100)}, is long.\n`;
  },
  'non-ascii'(data, at, random) {
    const texts = ['Ответ учащегося', '学习者的回答', 'réponse de l’élève', 'إجابة المتعلم', '🎓 done ✓'];
    data[`reponse_n°${at}`] = `${texts[at % texts.length]} ${random(100)}`;
  },
  dates(data, at, random) {
    data.seen_at ??= [];
    data.seen_at.push(new Date(1_780_000_000_000 + random(1_000_000_000)));
  },
  numbers(data, at, random) {
    data.positions ??= [];
    data.speeds ??= [];
    data.positions.push(random(100_000));
    data.speeds.push(random(100_000) / 1000);
  },
  mixed(data, at, random) {
    const shapes = ['event', 'flat', 'nested', 'long', 'non-ascii', 'dates', 'numbers'];
    FILLERS[shapes[at % shapes.length]](data, at, random);
  },
};
export const SHAPES = Object.keys(FILLERS);

/** Small events have a small context too: an anonymous request. */
export function contextOf(bytes, shape = 'event') {
  if (bytes < 500) return [{ user_id: 10938 }, { course_id: 'DemoX' }, { module: 'p1' }];
  if (shape !== 'non-ascii') return [REQUEST, COURSE, MODULE];
  return [{ ...REQUEST, username: 'учащийся_10938', path: '/курсы/演示课程/problem_check' }, COURSE, MODULE];
}

/** Data such that the JSON text of `{ name, timestamp, context, data }` is about `bytes` long. */
export function dataOf(bytes, shape = 'event') {
  const context = JSON.stringify(Object.assign({}, ...contextOf(bytes, shape)));
  const left = bytes - Buffer.byteLength(context);
  const data = { attempts: 3, success: 'incorrect', grade: 1, max_grade: 2 };
  if (shape === 'event') Object.assign(data, { answers: {}, correct_map: {} });
  const length = () => Buffer.byteLength(JSON.stringify(data));
  let seed = 7;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let at = 0; length() < left - 230; at++) FILLERS[shape](data, at, random);
  const note = 'x'.repeat(Math.max(0, left - length() - 140));
  data.state = { seed: random(100), done: true, note };
  return data;
}
