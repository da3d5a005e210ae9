import { Test } from '@nestjs/testing';
import { backend, MemoryBackend, TrackingConfigException, TrackingModule } from '../../src/entries';
import { TrackingExplorerModule } from '../../src/entries/explorer';
import { readSettings } from '../../src/explorer/explorer-settings';

class AllowingGuard {
  canActivate(): boolean {
    return true;
  }
}

function errorOf(code: () => unknown): string {
  try {
    code();
  } catch (error) {
    expect(error).toBeInstanceOf(TrackingConfigException);
    return (error as Error).message;
  }
  return '';
}

/** Options as they arrive from code without types. */
const forRoot = (options: object): unknown => TrackingExplorerModule.forRoot(options);

describe('The options of the explorer', () => {
  const environment = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = environment;
  });

  it('have a default each', () => {
    expect(readSettings({})).toEqual({
      ...{ trackers: undefined, redact: undefined, shared: undefined, isDevelopment: true },
      ...{ maxEvents: 500, maxBytes: 16_777_216, actions: { redrive: true, purge: true } },
    });
  });

  it('allow nothing that changes dead letters in production, unless they say so', () => {
    process.env['NODE_ENV'] = 'production';
    expect(readSettings({}).actions).toEqual({ redrive: false, purge: false });
    expect(readSettings({ actions: { redrive: true } }).actions).toEqual({ redrive: true, purge: false });
  });

  it.each<[object, string]>([
    [{ path: '/tracking/../x' }, 'path'],
    [{ path: '' }, 'path'],
    [{ guards: AllowingGuard }, 'guards'],
    [{ guards: [{ canactivate: true }] }, 'guards'],
    [{ tracker: 'default' }, 'tracker'],
    [{ trackers: [] }, 'trackers'],
    [{ maxEvents: 0 }, 'maxEvents'],
    [{ maxEvents: '500' }, 'maxEvents'],
    [{ maxBytes: Number.NaN }, 'maxBytes'],
    [{ actions: { redrive: 'yes' } }, 'redrive'],
    [{ actions: { delete: true } }, 'delete'],
    [{ shared: 'redis://localhost' }, 'shared'],
  ])('are refused with a fix: %j', (options, name) => {
    const message = errorOf(() => forRoot(options));
    expect(message).toContain(name);
    expect(message).toContain('Fix: ');
  });

  it('are reported all at once, with the missing guards', () => {
    process.env['NODE_ENV'] = 'staging';
    const message = errorOf(() => forRoot({ maxEvents: -1, colour: 'red' }));
    expect(message).toMatch(/^3 errors/);
    for (const part of ['maxEvents', 'colour', 'NODE_ENV is "staging"']) expect(message).toContain(part);
    expect(errorOf(() => forRoot({ guards: [AllowingGuard] }))).toBe('');
  });

  it('stop the start if a factory returns wrong ones', async () => {
    const imports = [
      TrackingModule.forRoot({ backends: { memory: backend(MemoryBackend) } }),
      TrackingExplorerModule.forRootAsync({ useFactory: () => ({ maxEvents: -1 }) }),
    ];
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toThrow('maxEvents');
  });

  it('name trackers that exist', async () => {
    const imports = [
      TrackingModule.forRoot({ backends: { memory: backend(MemoryBackend) } }),
      TrackingExplorerModule.forRoot({ trackers: ['defualt'] }),
    ];
    const module = await Test.createTestingModule({ imports }).compile();
    await expect(module.init()).rejects.toThrow('there is no tracker "defualt"');
    await module.close();
  });
});
