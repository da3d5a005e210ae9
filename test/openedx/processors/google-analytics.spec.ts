import { GoogleAnalyticsProcessor } from '../../../src/entries/openedx';

const at = (context: object): object => {
  const event = { name: 'x', timestamp: new Date(0), context: { ...context }, data: { n: 1 } };
  return { ...new GoogleAnalyticsProcessor().process(event) };
};

describe('GoogleAnalyticsProcessor', () => {
  it('adds the course as the label, and that the visitor did not interact', () => {
    expect(at({ course_id: 'c' })).toEqual({
      ...{ name: 'x', timestamp: new Date(0), context: { course_id: 'c' }, data: { n: 1 } },
      ...{ label: 'c', nonInteraction: 1 },
    });
    expect(Object.keys(at({ course_id: '' })).slice(-2)).toEqual(['label', 'nonInteraction']);
  });

  it('adds no label without a course', () => {
    for (const context of [{}, { course_id: null }]) expect(at(context)).not.toHaveProperty('label');
  });
});
