import { Body, Controller, Post } from '@nestjs/common';
import { backend, MemoryBackend, TrackEvent } from '../../src/entries';
import {
  createTrackingSerializer,
  events,
  trackingSerializer,
  type TrackingSerializer,
} from '../../src/entries/testing';
import { TestCase } from '../support/test-case';
import { compiled } from './compiled';

@Controller('checks')
class ChecksController {
  @Post()
  @TrackEvent('problem_check', ({ args: [{ answer }] }) => ({ answer, at: new Date(0) }))
  check(@Body() _dto: { answer: string }): void {}
}

/** As Jest's printer calls it, with a printer that says what it was given. */
function serialize(serializer: TrackingSerializer, value: unknown): unknown {
  expect(serializer.test(value)).toBe(true);
  let printed: unknown;
  const config = {};
  const text = serializer.serialize(value, config, '  ', 2, [], (shown, ...others) => {
    expect(others).toEqual([config, '  ', 2, []]);
    expect(serializer.test(shown)).toBe(false); // or it would be asked again without end
    printed = shown;
    return 'printed';
  });
  expect(text).toBe('printed');
  return printed;
}

describe('trackingSerializer', () => {
  it('hides in a snapshot what is another in every run', async () => {
    expect.addSnapshotSerializer(trackingSerializer);
    const run = await TestCase.of({ controllers: [ChecksController] })
      .tracking({
        backends: { sink: backend(MemoryBackend) },
        requestContext: { fields: { agent: false, accept_language: false } },
      })
      .as({ userId: 7 })
      .post('/checks', { answer: 'x' });

    expect(run.events()).toMatchInlineSnapshot(`
[
  {
    "context": {
      "host": "[host]",
      "ip": "[ip]",
      "method": "POST",
      "path": "/checks",
      "request_id": "[request_id]",
      "user_id": 7,
    },
    "data": {
      "answer": "x",
      "at": 1970-01-01T00:00:00.000Z,
    },
    "id": "[id]",
    "name": "problem_check",
    "timestamp": "[timestamp]",
  },
]
`);
  });

  it('hides it in a line of the log, and adds nothing that is not there', () => {
    const line = { name: 'a', timestamp: '2026-01-01T00:00:00.000Z', context: { ip: '::1', a: 1 }, data: { id: 5 } };

    expect(serialize(trackingSerializer, line)).toEqual({
      name: 'a',
      timestamp: '[timestamp]',
      context: { ip: '[ip]', a: 1 },
      data: { id: 5 },
    });
  });

  it('leaves the event as it is', async () => {
    const { module, tracker } = await compiled();
    tracker.emit('a');
    const [event] = events(module);
    const before = structuredClone(event);

    serialize(trackingSerializer, event);

    expect(event).toEqual(before);
  });

  it.each([
    ['null', null],
    ['a text', 'a'],
    ['a list', []],
    ['an object', { name: 'a' }],
    ['another with a time', { name: 'a', timestamp: new Date() }],
    ['one whose time is none', { name: 'a', timestamp: 'soon', context: {}, data: {} }],
  ])('leaves %s to others', (_what, value) => {
    expect(trackingSerializer.test(value)).toBe(false);
  });
});

describe('createTrackingSerializer', () => {
  it('hides further fields of the context and of the data', () => {
    const serializer = createTrackingSerializer({ context: ['session'], data: ['duration_ms'] });
    const event = {
      id: '1',
      name: 'a',
      timestamp: new Date(),
      context: { session: 's', ip: 'i' },
      data: { duration_ms: 3, n: 1 },
    };

    expect(serialize(serializer, event)).toEqual({
      id: '[id]',
      name: 'a',
      timestamp: '[timestamp]',
      context: { session: '[session]', ip: '[ip]' },
      data: { duration_ms: '[duration_ms]', n: 1 },
    });
    expect(serialize(serializer, { ...event, data: ['a'] })).toMatchObject({ data: ['a'] });
  });
});
