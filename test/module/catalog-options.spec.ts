import { defineEvent } from '../../src/catalog/define-event';
import type { ConfigError } from '../../src/common/tracking-config.exception';
import { catalogOf } from '../../src/module/catalog-options';

const PLAYED = defineEvent('video.played', {});

function linesOf(validation: unknown, catalog: unknown = [PLAYED]): string[] {
  const errors: ConfigError[] = [];
  catalogOf({ catalog: catalog as never, validation }, errors);
  return errors.map(({ path, what }) => `${path}: ${what}`);
}

describe('catalogOf', () => {
  it('reads the catalog, and has none where none is given', () => {
    const errors: ConfigError[] = [];
    expect(catalogOf({ catalog: [PLAYED] }, errors)?.events.has('video.played')).toBe(true);
    expect(catalogOf({}, errors)).toBeUndefined();
    expect(catalogOf({ validation: 'off' }, errors)).toBeUndefined();
    expect(errors).toEqual([]);
  });

  it.each<[unknown]>([
    [undefined],
    ['report'],
    [{ mode: 'reject', unplanned: 'off', undeclared: false, showKeys: true }],
    [{ environments: { production: 'off' }, events: { 'video.played': 'reject' } }],
  ])('accepts the validation %j', (validation) => {
    expect(linesOf(validation)).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    [5, ['validation: it is 5; expected "off", "report" or "reject".']],
    ['rejct', ['validation: it is "rejct"; expected "off", "report" or "reject".']],
    [{ mode: null }, ['validation.mode: it is null; expected "off", "report" or "reject".']],
    [{ unplanned: 'no' }, ['validation.unplanned: it is "no"; expected "off", "report" or "reject".']],
    [{ undeclared: 1 }, ['validation.undeclared: it is 1; expected true or false.']],
    [{ showKeys: 'yes' }, ['validation.showKeys: it is "yes"; expected true or false.']],
    [{ environments: 5 }, ['validation.environments: it is 5; expected an object of modes by name.']],
    [
      { environments: { production: 'all' } },
      ['validation.environments.production: it is "all"; expected "off", "report" or "reject".'],
    ],
    [
      { events: { 'video.playd': 'off' } },
      ['validation.events.video.playd: it is not the name of an event in the catalog.'],
    ],
    [
      { nope: 1 },
      [
        'validation.nope: unknown option "nope"; known options: mode, environments, events, unplanned, undeclared, showKeys.',
      ],
    ],
  ])('refuses the validation %j', (validation, lines) => {
    expect(linesOf(validation)).toEqual(lines);
  });

  it('refuses a validation without a catalog', () => {
    const errors: ConfigError[] = [];
    catalogOf({ validation: 'report' }, errors);
    expect(errors).toMatchObject([{ path: 'validation', what: 'there is no catalog to validate events against.' }]);
  });

  it('reports the errors of a catalog with the others, under their place', () => {
    expect(linesOf(undefined, [PLAYED, PLAYED])).toEqual([expect.stringMatching(/^catalog/)]);
  });
});
