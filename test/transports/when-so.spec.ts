import { whenSo } from '../../src/transports/when-so';

describe('whenSo', () => {
  it('resolves once the condition holds', async () => {
    let looks = 0;
    await whenSo(
      () => ++looks === 3,
      () => false,
      10_000,
    );
    expect(looks).toBe(3);
  });

  it('resolves when the end begins', async () => {
    let looks = 0;
    await whenSo(
      () => false,
      () => ++looks === 3,
      10_000,
    );
    expect(looks).toBe(3);
  });

  it('resolves when the time has passed', async () => {
    const begin = performance.now();
    await whenSo(
      () => false,
      () => false,
      30,
    );
    expect(performance.now() - begin).toBeGreaterThanOrEqual(30);
  });
});
