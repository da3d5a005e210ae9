import { Latch } from '../../src/queues/latch';

class CountedLatch extends Latch {
  completions = 0;

  protected complete(): void {
    this.completions++;
  }
}

describe('Latch', () => {
  it('is complete when its creator releases it and nobody else held it', () => {
    const latch = new CountedLatch();
    expect(latch.completions).toBe(0);
    latch.release();
    expect(latch.completions).toBe(1);
  });

  it('is not complete while its creator may still add holds', () => {
    const latch = new CountedLatch();
    latch.hold();
    latch.release();
    expect(latch.completions).toBe(0);
    latch.hold();
    latch.release();
    latch.release();
    expect(latch.completions).toBe(1);
  });

  it('waits for every hold, in whatever order they are released', () => {
    const latch = new CountedLatch();
    latch.hold(3);
    latch.release();
    latch.hold(0);
    for (let left = 3; left > 0; left--) {
      expect(latch.completions).toBe(0);
      latch.release();
    }
    expect(latch.completions).toBe(1);
  });
});
