import type { Envelope } from '../../src/event/envelope';
import { Buried, type ProcessorStep } from '../../src/routing/processor-step';
import { isEnded, runSteps } from '../../src/routing/run-steps';
import { envelopeOf } from './tree-parts';

const add = (letter: string): ProcessorStep => ({
  place: 'step',
  run: (envelope) => envelope.renamed(envelope.name + letter),
});

describe('runSteps', () => {
  it('returns the same event without steps', () => {
    const envelope = envelopeOf('e');
    expect(runSteps([], envelope)).toBe(envelope);
  });

  it('gives each step the event that the one before has returned', () => {
    expect((runSteps([add('x'), add('y')], envelopeOf('e')) as Envelope).name).toBe('exy');
  });

  it.each([
    ['a reason to drop it', 'filtered'],
    ['its fate as a dead letter', new Buried('why')],
  ] as const)('ends with %s, and runs no later step', (_title, end) => {
    const run = jest.fn((envelope: Envelope) => envelope);
    expect(
      runSteps(
        [
          { place: 'step', run: () => end },
          { place: 'step', run },
        ],
        envelopeOf('e'),
      ),
    ).toBe(end);
    expect(run).not.toHaveBeenCalled();
  });
});

describe('isEnded', () => {
  it('is true for everything but an event', () => {
    expect([envelopeOf('e'), 'filtered', new Buried('why')].map((result) => isEnded(result))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
