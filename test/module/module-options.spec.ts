import fc from 'fast-check';
import {
  backend,
  MemoryBackend,
  TrackingConfigException,
  TrackingModule,
  type TrackingModuleAsyncOptions,
  type TrackingModuleOptions,
} from '../../src/entries';
import { start } from '../support/start';

const backends = { memory: backend(MemoryBackend) };

async function errorsOf(module: () => ReturnType<typeof TrackingModule.forRoot>): Promise<Record<string, string>> {
  const error: unknown = await Promise.resolve()
    .then(() => start(module()))
    .catch((reason: unknown) => reason);
  if (!(error instanceof TrackingConfigException)) throw new Error('it started', { cause: error });
  return Object.fromEntries(error.errors.map(({ path, what, fix }) => [path, `${what} ${fix}`]));
}

const ofRoot = (options: unknown): Promise<Record<string, string>> =>
  errorsOf(() => TrackingModule.forRoot(options as TrackingModuleOptions));
const ofAsync = (options: unknown): Promise<Record<string, string>> =>
  errorsOf(() => TrackingModule.forRootAsync(options as TrackingModuleAsyncOptions));
const ofResult = (result: unknown): Promise<Record<string, string>> => ofAsync({ useFactory: () => result, backends });

describe('An option of TrackingModule that nothing reads', () => {
  it('is an error of forRoot, with the option that may have been meant', async () => {
    const errors = await ofRoot({ backend: backends, requestContex: false, enabeld: false, zebra: 1, limits: {} });
    expect(errors).toEqual({
      backend: expect.stringMatching(/^unknown option "backend"; .*did you mean backends\?$/),
      requestContex: expect.stringMatching(/did you mean requestContext\?$/),
      enabeld: expect.stringMatching(/did you mean enabled\?$/),
      zebra: expect.stringMatching(/leave it out$/),
    });
  });

  it.each(['backends', 'processors', 'consumers', 'imports', 'name'])(
    'is an error for %s in the result of useFactory, which says where it belongs',
    async (option) => {
      const errors = await ofResult({ enabled: true, [option]: option === 'name' ? 'audit' : [] });
      expect(errors).toEqual({
        [option]: expect.stringMatching(/ignored.*set it next to useFactory, not in its result: forRootAsync/),
      });
    },
  );

  it('is an error of the result of useFactory, also if it is misspelled or promised', async () => {
    expect(await ofResult(Promise.resolve({ shutdownTimoutMs: 5, backend: {} }))).toEqual({
      shutdownTimoutMs: expect.stringMatching(/did you mean shutdownTimeoutMs\?$/),
      backend: expect.stringMatching(/did you mean backends\? Set it next to useFactory/),
    });
  });

  it('is an error with enabled: false as well, from forRoot and from the factory', async () => {
    expect(await ofRoot({ enabled: false, enabeld: true })).toHaveProperty('enabeld');
    expect(await ofResult({ enabled: false, enabeld: true })).toHaveProperty('enabeld');
  });

  it('is an error next to useFactory, where options of the runtime are not read', async () => {
    const useFactory = (): object => ({});
    expect(await ofAsync({ useFactory, backends, enabled: false, backendz: {}, isGlobal: true })).toEqual({
      enabled: expect.stringMatching(/return it from useFactory/),
      backendz: expect.stringMatching(/did you mean backends\?$/),
      isGlobal: expect.stringMatching(/always global/),
    });
    expect(await ofAsync({ useClass: class {}, backends })).toEqual({
      useClass: expect.stringMatching(/inject: \[MyOptions\]/),
      useFactory: expect.stringMatching(/undefined; expected a function/),
    });
    expect(await ofAsync({ useFactory, inject: 'ConfigService' })).toHaveProperty('inject');
  });

  it('is whatever is no object at all', async () => {
    for (const options of [null, 'x', [], 3]) expect(await ofRoot(options)).toHaveProperty('forRoot');
    for (const options of [null, undefined, 'x']) expect(await ofAsync(options)).toHaveProperty('forRootAsync');
    for (const result of [null, undefined, 'x', []]) expect(await ofResult(result)).toHaveProperty('useFactory');
  });

  it('is found whatever its name is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-z]{4,9}Zz$/), async (name) => {
        expect(await ofRoot({ backends, [name]: true })).not.toEqual({});
        expect(await ofResult({ [name]: true })).not.toEqual({});
      }),
      { numRuns: 15 },
    );
  });

  it('does not show what may be a secret', async () => {
    const secret = 'sk_live_9aF3kQ7xW2mZ8bT1';
    const error: unknown = await start(TrackingModule.forRoot({ [secret]: secret } as object)).catch(
      (reason: unknown) => reason,
    );
    expect(String(error)).toContain('a name of 24 characters');
    expect(String(error)).not.toContain(secret);
  });

  it('does not compile in the result of useFactory', () => {
    // @ts-expect-error backends are known before the factory is called
    const wrong = () => TrackingModule.forRootAsync({ useFactory: () => ({ enabled: true, backends }) });
    expect(wrong).toBeDefined();
  });

  it('is told apart from what the application may give', async () => {
    const app = await start(
      TrackingModule.forRootAsync({ useFactory: () => ({ enabled: true, role: 'both' }), backends }),
    );
    expect(app).toBeDefined();
  });
});

describe('TrackingModule imported twice', () => {
  it('advises to import it once, in the root module', async () => {
    const error: unknown = await start(
      TrackingModule.forRoot({ backends }),
      TrackingModule.forRoot({ backends }),
    ).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/twice with the name "default"[^]*import it once, in the root module: it is global/);
  });
});
