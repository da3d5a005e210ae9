import type { ConsumerHost } from '../../../src/intake/event-consumer';
import { KafkaReports } from '../../../src/transports/kafka/kafka-reports';

/** Reports of a consumer that has started, unless a test says otherwise. */
function setUp(hasStarted = true) {
  const lines: string[] = [];
  const host = {
    warn: (text: string) => lines.push(`warn ${text}`),
    tell: (text: string) => lines.push(`tell ${text}`),
    missed: (count: number) => lines.push(`missed ${String(count)}`),
    restarted: () => lines.push('restarted'),
  } as Partial<ConsumerHost> as ConsumerHost;
  return { lines, reports: new KafkaReports(() => (hasStarted ? host : undefined)) };
}

const AT = { topic: 't', partition: 1 };

describe('KafkaReports', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['unreachable brokers', new Error('ECONNREFUSED'), /Fix: see that the brokers run/],
    ['a refused login', new Error('SASL PLAIN authentication failed'), /Fix: check the user name and the password/],
    [
      'a topic that is missing',
      Object.assign(new Error('x'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' }),
      /reads again\.\)$/,
    ],
  ])('warns of %s with what to do about it', (_, error, line) => {
    const { lines, reports } = setUp();
    reports.outage.failed(error);
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(lines[0]).toMatch(/^warn cannot read, and keeps trying: /);
  });

  it('says when it reads again', () => {
    jest.useFakeTimers();
    const { lines, reports } = setUp();
    reports.outage.failed(new Error('ECONNREFUSED'));
    reports.outage.answered();
    jest.advanceTimersByTime(1000);
    expect(lines[1]).toBe('tell reads again');
  });

  it('counts and names records that were deleted unread', () => {
    const { lines, reports } = setUp();
    reports.missed(AT, 5n, 9n);
    expect(lines).toEqual([
      'missed 4',
      expect.stringMatching(/"t", partition 1, had 4 events deleted .*\(offsets 5 to 8\).*Fix: /),
    ]);
  });

  it('counts and names a partition that begins again', () => {
    const { lines, reports } = setUp();
    reports.restarted(AT, 9n, 0n);
    expect(lines).toEqual([
      'restarted',
      expect.stringMatching(/"t", partition 1, begins again at offset 0, and the group had read to 9/),
    ]);
  });

  it('reports nothing before the consumer has started', () => {
    const { lines, reports } = setUp(false);
    reports.missed(AT, 5n, 9n);
    reports.restarted(AT, 9n, 0n);
    reports.outage.failed(new Error('ECONNREFUSED'));
    expect(lines).toEqual([]);
  });
});
