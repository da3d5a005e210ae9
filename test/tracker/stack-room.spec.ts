import { hasStackRoom } from '../../src/tracker/stack-room';

describe('hasStackRoom', () => {
  it('is true where the calls fit', () => {
    expect(hasStackRoom(1000)).toBe(true);
  });

  it('is false where they do not, and never throws', () => {
    expect(hasStackRoom(10_000_000)).toBe(false);
  });

  it('knows the end of the stack', () => {
    const room: boolean[] = [];
    const descend = (): void => {
      const { length } = room;
      if (length < 200_000) room.push(hasStackRoom(100));
      if (room[length] === true) descend();
    };
    descend();
    expect([room[0], room.at(-1)]).toEqual([true, false]);
  });
});
