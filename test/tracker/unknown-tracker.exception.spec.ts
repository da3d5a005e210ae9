import { UnknownTrackerException } from '../../src/tracker/unknown-tracker.exception';

describe('UnknownTrackerException', () => {
  it.each([
    [
      'audti',
      ['audit', 'default'],
      '"audti"; it has: audit, default.',
      '@InjectTracker("audit"), or ',
      '{ name: "audti", ... }',
    ],
    ['default', ['audit'], '"default"; it has: audit.', '@InjectTracker("audit"), or ', '{ ... }'],
    ['audti', [], '"audti"; it has: none.', '', '{ name: "audti", ... }'],
  ])('says what exists and how to fix it: %s among %p', (name, known, what, inject, options) => {
    const error = UnknownTrackerException.create(name, known);
    expect(error.message).toBe(
      `the application has no tracker ${what}\n  Fix: ${inject}TrackingModule.forRoot(${options}).`,
    );
    expect(error).toMatchObject({ name: 'UnknownTrackerException', tracker: name, knownTrackers: known });
  });
});
