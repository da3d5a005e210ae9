import { assertBackend, assertProcessor } from '../../src/routing/assert-instance';
import { RoutingBackend } from '../../src/routing/routing.backend';
import { RecordingSink } from './tree-parts';

class Http {
  async sendBatch(): Promise<void> {}
}

class Upper {
  process(): void {}
}

describe('assertBackend', () => {
  it('accepts every kind of backend', () => {
    const accepted = [new RoutingBackend(), new RecordingSink(), new Http(), { send: () => undefined }];
    for (const each of accepted)
      expect(() => {
        assertBackend('here', each);
      }).not.toThrow();
  });

  it.each([
    ['a class', Http, 'has neither send nor sendBatch'],
    ['null', null, 'null has neither send nor sendBatch'],
    ['an object with nothing to call', { send: 1 }, 'has neither send nor sendBatch'],
    [
      'an async send',
      {
        async send() {
          return Promise.resolve();
        },
      },
      'its send is async',
    ],
  ])('refuses %s', (_title, given, message) => {
    expect(() => {
      assertBackend('here', given);
    }).toThrow(message);
  });
});

describe('assertProcessor', () => {
  it('accepts a function and an object with process', () => {
    for (const each of [() => undefined, new Upper()])
      expect(() => {
        assertProcessor('here', each);
      }).not.toThrow();
  });

  it.each([
    ['a class', Upper, 'is neither a function nor an object with a process method'],
    ['null', null, 'is neither a function nor an object with a process method'],
    ['an async function', async () => Promise.resolve(), 'it is async'],
    [
      'an object with an async process',
      {
        async process() {
          return Promise.resolve();
        },
      },
      'it is async',
    ],
  ])('refuses %s', (_title, given, message) => {
    expect(() => {
      assertProcessor('here', given);
    }).toThrow(message);
  });
});
