import { noteOf, textOfNote, type CrashNote } from '../../../src/transports/kafka/crash-note';

const NOTE: CrashNote = { life: 'a1', member: 'm-1', lives: 2, from: 12345678901234567890n, count: 32 };

describe('textOfNote and noteOf', () => {
  it('keep a note, with offsets larger than a number holds', () => {
    expect(noteOf(textOfNote(NOTE))).toEqual(NOTE);
  });

  it('keep a note of normal reading, which has no window', () => {
    const { life, member, lives } = NOTE;
    expect(noteOf(textOfNote({ life, member, lives }))).toEqual({ life, member, lives });
  });
});

describe('noteOf', () => {
  const text = (more: object): string => JSON.stringify({ life: 'a1', member: 'm-1', lives: 1, ...more });

  it.each([
    ...[undefined, null, '', 'their own data', 'null', '[]', text({ life: 1 }), text({ member: null })],
    ...[text({ lives: 0 }), text({ lives: '2' }), text({ lives: 1.5 }), text({ from: 'x', count: 1 })],
  ])('takes %s for no note', (given) => {
    expect(noteOf(given)).toBeUndefined();
  });

  it.each([{ from: '5' }, { count: 5 }, { from: '5', count: 0 }, { from: 5, count: 5 }])(
    'ignores the incomplete window %j',
    (window) => {
      expect(noteOf(text(window))).toEqual({ life: 'a1', member: 'm-1', lives: 1 });
    },
  );
});
