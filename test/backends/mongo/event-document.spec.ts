import { documentOf } from '../../../src/backends/mongo/event-document';

const event = { id: 'i', name: 'e', timestamp: new Date(0), context: { a: 1 }, data: { b: 2 } };

describe('documentOf', () => {
  it('has the id as _id, and the other fields as they are', () => {
    const { id, ...fields } = event;
    expect(documentOf(event)).toEqual({ _id: id, ...fields });
    expect(documentOf(event)['data']).toBe(event.data);
  });

  it('has added fields next to them, and always the id of the event', () => {
    const added = { ...event, more: 1, _id: 'other' };
    expect(documentOf(added)).toEqual({ ...documentOf(event), more: 1 });
  });
});
