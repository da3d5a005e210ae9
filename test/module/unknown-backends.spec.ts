import { Injectable, Optional, type Type } from '@nestjs/common';
import { backend, InjectBackend, MemoryBackend, RoutingBackend, TrackingModule } from '../../src/entries';
import { Test } from '@nestjs/testing';

const tracking = (name?: string) =>
  TrackingModule.forRoot({
    ...(name !== undefined && { name }),
    backends: {
      recent: backend(MemoryBackend),
      grading: backend(RoutingBackend, {}, { backends: { last: backend(MemoryBackend) } }),
    },
  });

@Injectable()
class Misspelled {
  constructor(@InjectBackend('grading/lats') readonly last: MemoryBackend) {}
}

@Injectable()
class MisspelledProperty {
  @InjectBackend('recnt')
  readonly recent!: MemoryBackend;
}

@Injectable()
class OfAudit {
  constructor(@InjectBackend('recnt', 'audit') readonly recent: MemoryBackend) {}
}

@Injectable()
class Lenient {
  constructor(@Optional() @InjectBackend('missing') readonly missing?: MemoryBackend) {}
}

@Injectable()
class Right {
  constructor(@InjectBackend('grading/last') readonly last: MemoryBackend) {}
}

async function start(modules: ReturnType<typeof tracking>[], ...providers: Type[]) {
  const app = await Test.createTestingModule({ imports: modules, providers }).compile();
  await app.init();
  return app;
}

describe('@InjectBackend with a path that does not exist', () => {
  it.each([
    ['of a constructor', Misspelled, 'grading/lats'],
    ['of a property', MisspelledProperty, 'recnt'],
  ])('lists the paths that exist: %s', async (_, type, path) => {
    await expect(start([tracking()], type)).rejects.toMatchObject({
      name: 'UnknownBackendException',
      path,
      knownPaths: ['grading', 'grading/last', 'recent'],
    });
  });

  it('names the tracker', async () => {
    await expect(start([tracking(), tracking('audit')], OfAudit)).rejects.toThrow(
      'the tracker "audit" has no backend at "recnt"; it has: grading, grading/last, recent.',
    );
  });

  it('gives nothing where the dependency is optional', async () => {
    const app = await start([tracking()], Lenient);
    expect(app.get(Lenient).missing).toBeUndefined();
    await app.close();
  });

  it('does not concern an application that does not use the class', async () => {
    const app = await start([tracking()], Right);
    expect(app.get(Right).last).toBeInstanceOf(MemoryBackend);
    await app.close();
  });
});
