import { runningTrackers, trackerHasClosed, trackerHasStarted } from '../../src/tracker/running-trackers';
import { TrackerService } from '../../src/tracker/tracker.service';
import { LogLines, runtimeOptions } from './bare-runtime';

const started: TrackerService[] = [];

function start(application: object): TrackerService {
  const tracker = new TrackerService(runtimeOptions(new LogLines().notices));
  trackerHasStarted(tracker, application);
  started.push(tracker);
  return tracker;
}

afterEach(() => started.splice(0).forEach(trackerHasClosed));

describe('runningTrackers', () => {
  it('lists the trackers of all applications that have started and not closed', () => {
    const [a, b] = [start({}), start({})];
    expect(runningTrackers()).toEqual([a, b]);
    trackerHasClosed(a);
    expect(runningTrackers()).toEqual([b]);
  });

  it('lists only the trackers of the same application as a given one', () => {
    const application = {};
    const [a, b] = [start(application), start(application)];
    const other = start({});
    expect(runningTrackers(a)).toEqual([a, b]);
    expect(runningTrackers(other)).toEqual([other]);
  });

  it('lists all if the given tracker has not started', () => {
    const a = start({});
    expect(runningTrackers(new TrackerService(runtimeOptions(new LogLines().notices)))).toEqual([a]);
  });
});
