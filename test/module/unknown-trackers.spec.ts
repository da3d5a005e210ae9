import { Injectable, Module, Optional, type DynamicModule, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { InjectTracker, TrackerService, TrackingModule } from '../../src/entries';
import { closeLater } from '../support/start-tracking';

const tracking = (name?: string): DynamicModule => TrackingModule.forRoot(name === undefined ? {} : { name });

@Injectable()
class Misspelled {
  constructor(@InjectTracker('audti') readonly tracker: TrackerService) {}
}

@Injectable()
class MisspelledProperty {
  @InjectTracker('adit')
  readonly tracker!: TrackerService;
}

@Injectable()
class Lenient {
  constructor(@Optional() @InjectTracker('missing') readonly tracker?: TrackerService) {}
}

@Injectable()
class OfAudit {
  constructor(@InjectTracker('audit') readonly tracker: TrackerService) {}
}

@Injectable()
class OfLate {
  constructor(@InjectTracker('late') readonly tracker: TrackerService) {}
}

async function start(imports: (DynamicModule | Promise<DynamicModule>)[], ...providers: Type[]) {
  const app = closeLater(await Test.createTestingModule({ imports: imports as DynamicModule[], providers }).compile());
  await app.init();
  return app;
}

describe('@InjectTracker with a name that does not exist', () => {
  it.each([
    ['of a constructor', Misspelled, 'audti'],
    ['of a property', MisspelledProperty, 'adit'],
  ])('lists the trackers that exist: %s', async (_, type, tracker) => {
    await expect(start([tracking(), tracking('audit')], type)).rejects.toMatchObject({
      name: 'UnknownTrackerException',
      tracker,
      knownTrackers: ['audit', 'default'],
    });
  });

  it('shows the fix', async () => {
    await expect(start([tracking(), tracking('audit')], Misspelled)).rejects.toThrow(
      'the application has no tracker "audti"; it has: audit, default.\n' +
        '  Fix: @InjectTracker("audit"), or TrackingModule.forRoot({ name: "audti", ... }).',
    );
  });

  it('lists only trackers of the same application', async () => {
    await start([tracking(), tracking('other')]);
    await expect(start([tracking()], Misspelled)).rejects.toMatchObject({ knownTrackers: ['default'] });
  });

  it('gives nothing where the dependency is optional', async () => {
    const app = await start([tracking()], Lenient);
    expect(app.get(Lenient).tracker).toBeUndefined();
  });

  it('does not concern an application that does not use the class', async () => {
    const app = await start([tracking(), tracking('audit')], OfAudit);
    expect(app.get(OfAudit).tracker.name).toBe('audit');
  });

  it('finds a tracker whose module is created while the application starts', async () => {
    const late = new Promise<DynamicModule>((resolve) => setImmediate(() => resolve(tracking('late'))));
    const app = await start([tracking(), late], OfLate);
    expect(app.get(OfLate).tracker.name).toBe('late');
  });

  it('finds a tracker in an application whose other trackers are off', async () => {
    @Module({ imports: [TrackingModule.forRoot({ enabled: false }), tracking('audit')], providers: [OfAudit] })
    class App {}
    const app = closeLater(await Test.createTestingModule({ imports: [App] }).compile());
    expect(app.get(OfAudit).tracker.name).toBe('audit');
  });
});
