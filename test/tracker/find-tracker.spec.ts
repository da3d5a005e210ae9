import { findTracker, trackerRequest } from '../../src/tracker/find-tracker';
import { trackerHasClosed, trackerHasStarted } from '../../src/tracker/running-trackers';
import { TrackerService } from '../../src/tracker/tracker.service';
import { LogLines, runtimeOptions } from './bare-runtime';

const started: TrackerService[] = [];
const request = trackerRequest('@TrackEvent', 'default');
const call = { place: 'Courses.enrol' };

function start(name = 'default', application: object = {}) {
  const log = new LogLines();
  const tracker = new TrackerService(runtimeOptions(log.notices, { name }));
  trackerHasStarted(tracker, application);
  started.push(tracker);
  return { tracker, log };
}

afterEach(() => started.splice(0).forEach(trackerHasClosed));

describe('findTracker', () => {
  it('prefers the tracker of the instance', () => {
    const [{ tracker }, other] = [start(), start()];
    const found = other.tracker.context({ a: 1 }, () => findTracker({ [request.property]: tracker }, request, call));
    expect(found).toBe(tracker);
  });

  it('takes the tracker of the flow for an instance without one', () => {
    const [{ tracker }] = [start(), start()];
    expect(tracker.context({ a: 1 }, () => findTracker({}, request, call))).toBe(tracker);
  });

  it('takes the tracker of the flow even if it has not started', () => {
    start();
    const tracker = new TrackerService(runtimeOptions(new LogLines().notices));
    expect(tracker.context({ a: 1 }, () => findTracker({}, request, call))).toBe(tracker);
  });

  it('takes the only running tracker of that name', () => {
    const { tracker } = start();
    expect(findTracker(undefined, request, call)).toBe(tracker);
  });

  it('takes the tracker of the application to which the flow belongs', () => {
    const application = {};
    start();
    const { tracker } = start('default', application);
    const audit = start('audit', application).tracker;
    expect(audit.context({ a: 1 }, () => findTracker({}, request, call))).toBe(tracker);
  });

  it('finds nothing, and says nothing, where no tracker runs', () => {
    expect(findTracker({}, request, call)).toBeUndefined();
  });

  it('logs once that no tracker of that name runs, and lists those that do', () => {
    const { log } = start('audit');
    expect(findTracker({}, request, call)).toBeUndefined();
    findTracker({}, request, call);
    expect(log.lines).toEqual([
      expect.stringMatching(/^@TrackEvent on Courses\.enrol names the tracker "default", but no .*running: "audit"\.$/),
    ]);
  });

  it('logs once that several applications run a tracker of that name', () => {
    const [first, second, audit] = [start(), start(), start('audit')];
    expect(findTracker({}, request, call)).toBeUndefined();
    for (const { log } of [first, second])
      expect(log.lines).toEqual([
        expect.stringMatching(/because 2 applications in this process run a tracker "default"/),
      ]);
    expect(audit.log.lines).toEqual([]);
  });

  it('copes with an instance that cannot be read', () => {
    const { tracker } = start();
    const self = new Proxy({}, { get: () => JSON.parse('?') as unknown });
    expect(findTracker(self, request, call)).toBe(tracker);
  });
});
