import { DocsFolder, SHOP } from './print-docs';

describe('catalog docs --format markdown', () => {
  const folder = new DocsFolder();

  beforeAll(async () => {
    expect(await folder.docs('--catalog', SHOP, '--out', 'out', '--title', 'Shop *events*')).toMatchObject({ code: 0 });
  });

  afterAll(() => {
    folder.remove();
  });

  it('has an index with every event in its group, and the contexts', () => {
    const index = folder.read('out/README.md');
    expect(index).toContain('# Shop \\*events\\*\n\n6 events, 2 contexts.');
    expect(index).toContain('## edx.course\n');
    expect(index).toContain(
      '| [`edx.course.enrollment.activated`](edx.course.enrollment.activated.md) | Enrolment activated | A learner enrols, by themselves or by staff | enrolments | Server | 2026-11-01 |  |',
    );
    expect(index).toContain('| [`play_video`](play_video.md) |  |  |  | Browser |  | since 2026-11-01 |');
    expect(index).toContain('| [`request`](contexts/request.md) | The request | Around each request |');
    expect(index).toContain('\\<script\\>alert(1)\\</script\\>');
  });

  it('has a page for each event with all that its definition says', () => {
    const page = folder.read('out/edx.course.enrollment.activated.md');
    for (const line of [
      '# `edx.course.enrollment.activated`',
      '**Enrolment activated**',
      '- **When it is emitted**: A learner enrols, by themselves or by staff',
      '- **Event source**: Server',
      '- **Owner**: enrolments',
      '- **Since**: 2026-11-01',
      '- **Version**: 2',
      '| `learner.email` | `string (email)` | required | personal |  |',
      '| `answers.*.text` | `string` | required | personal | As typed. |',
      '| <code>"audit" &#124; "verified" &#124; null</code> |'.slice(2),
      'Which track \\| if any.',
      '| `user_id` | `integer` | required | personal | Who enrols. |',
      '- `user_id` is added by [`request`](contexts/request.md)',
      '- `data.answers.*.text`',
      '- `context.ip`',
      '| 2026-11-01 | 2 | \\`mode\\` was added \\| with a bar |',
      '## xAPI statement\n\nAn event becomes this xAPI statement.',
      '| `verb.id` | `http://adlnet.gov/expapi/verbs/registered` |',
      '| `verb.display` | <code>registered &#124; &#60;enrolled&#62;</code> |',
      '| `object.id` | `{rootUrl}/course/{data.course_id}` |',
      '| `object.name` | computed |',
      '| `result.score.min` | `0` |',
      '| `result.extensions["https://shop.example/x/tags"]` | `{data.tags}` |',
      '## Example\n\nThe data is an example from the definition; the rest of the event is made up.',
      '    "course_id": "course-v1:edX+DemoX+2026",',
    ])
      expect(page).toContain(line);
    const [, example = ''] = /```json\n([^]*?)\n```/.exec(page) ?? [];
    expect(Object.keys(JSON.parse(example) as object)).toEqual(['name', 'timestamp', 'id', 'context', 'data']);
  });

  it('has no xAPI statement on the page of an event without one', () => {
    expect(folder.read('out/play_video.md')).not.toContain('xAPI');
  });

  it('says of a deprecated event what to use, and of an example that it is made up', () => {
    const page = folder.read('out/play_video.md');
    expect(page).toContain(
      '> **Deprecated** since 2026-11-01; use [`edx.course.enrollment.activated`](edx.course.enrollment.activated.md).',
    );
    expect(page).toContain('## Example (made up)\n\nMade up from the types. It does not satisfy every rule');
    expect(folder.read('out/edx.course.enrollment.deactivated.md')).toContain('Made up from the types.\n');
  });

  it('says of a schema that comes back to itself where it does', () => {
    const page = folder.read('out/edx.course.enrollment.deactivated.md');
    expect(page).toContain(
      '| `comments.*.replies` | `list of object` | required |  | Recursive: it has the same fields as',
    );
  });

  it('has a page for each context', () => {
    const page = folder.read('out/contexts/request.md');
    for (const line of [
      '# Context `request`',
      '- **When it is entered**: Around each request',
      '[All events](../README.md)',
    ])
      expect(page).toContain(line);
    expect(page).toContain('| `ip` | `string (ipv4)` | required | personal |  |');
  });

  it('has no link that leads nowhere', () => {
    const files = new Set(folder.files('out'));
    for (const file of files) {
      if (!file.endsWith('.md')) continue;
      const text = folder.read(`out/${file}`).replace(/```[^]*?```/g, '');
      for (const [, address = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const path = new URL(address, `file:///${file}`).pathname.slice(1);
        expect([file, address, files.has(path)]).toEqual([file, address, true]);
      }
    }
  });
});
