import { frames, type Frame } from '../../src/context/flow';

/** Flows that are told apart by a name. */
export const storage = {
  run: <Result>(flow: string, code: () => Result): Result => frames.run(frameOf(flow), code),
};
/** The name of the flow of the caller. */
export const here = (): unknown => names.get(frames.getStore());

const names = new Map<Frame | undefined, string>();

/** A frame of which only the identity counts. */
function frameOf(flow: string): Frame {
  for (const [frame, name] of names) if (frame !== undefined && name === flow) return frame;
  const nothing = { owner: undefined, scope: undefined, outer: undefined, request: undefined };
  const frame = { ...nothing, isBound: false, isApart: false };
  names.set(frame, flow);
  return frame;
}
