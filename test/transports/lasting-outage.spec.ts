import { LastingOutage } from '../../src/transports/lasting-outage';

describe('LastingOutage', () => {
  let reports: string[];
  let outage: LastingOutage;

  beforeEach(() => {
    jest.useFakeTimers();
    reports = [];
    outage = new LastingOutage({
      failing: ({ message }) => reports.push(message),
      answering: () => reports.push('answers'),
    });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('reports the first of several failures', () => {
    outage.failed(new Error('first'));
    outage.failed(new Error('second'));
    expect([reports, outage.isFailing]).toEqual([['first'], true]);
  });

  it('reports the end once the server has been usable for a second', () => {
    outage.failed(new Error('down'));
    outage.answered();
    jest.advanceTimersByTime(500);
    outage.answered();
    jest.advanceTimersByTime(499);
    expect([reports, outage.isFailing]).toEqual([['down'], true]);
    jest.advanceTimersByTime(1);
    expect([reports, outage.isFailing]).toEqual([['down', 'answers'], false]);
  });

  it('goes through a failure within that second in silence', () => {
    outage.failed(new Error('down'));
    outage.answered();
    jest.advanceTimersByTime(999);
    outage.failed(new Error('down again'));
    jest.advanceTimersByTime(5000);
    expect(reports).toEqual(['down']);
  });

  it('reports a later outage again', () => {
    outage.failed(new Error('down'));
    outage.answered();
    jest.advanceTimersByTime(1000);
    outage.failed(new Error('down again'));
    expect(reports).toEqual(['down', 'answers', 'down again']);
  });

  it('reports nothing of a server that answers from the start', () => {
    outage.answered();
    jest.advanceTimersByTime(1000);
    expect([reports, jest.getTimerCount()]).toEqual([[], 0]);
  });

  it('reports nothing after the end', () => {
    outage.failed(new Error('down'));
    outage.answered();
    outage.end();
    jest.advanceTimersByTime(1000);
    outage.answered();
    outage.failed(new Error('down again'));
    expect([reports, jest.getTimerCount()]).toEqual([['down'], 0]);
  });
});
