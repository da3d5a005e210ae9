import { Session } from 'node:inspector/promises';

/**
 * Samples what is allocated, by the function that does, what the garbage collector takes back
 * included. The function that it returns ends that and gives the bytes per event.
 */
export function sampleAllocations() {
  const session = new Session();
  session.connect();
  const started = session.post('HeapProfiler.startSampling', {
    samplingInterval: 16_384,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  return async (events) => {
    await started;
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const bytesOf = new Map();
    const visit = ({ callFrame: { functionName, url, lineNumber }, selfSize, children }) => {
      const place = `${functionName || '(anonymous)'} ${url.split('/').at(-1) || 'V8'}:${lineNumber + 1}`;
      bytesOf.set(place, (bytesOf.get(place) ?? 0) + selfSize);
      children.forEach(visit);
    };
    visit(profile.head);
    const all = [...bytesOf].map(([place, size]) => ({ place, bytes: size / events }));
    return {
      allocatedBytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      largest: all.sort((one, other) => other.bytes - one.bytes).slice(0, 15),
    };
  };
}
