import type { RequestContextOptions } from '../../src/context/request-context-options';
import { RequestFields, type TrackedRequest } from '../../src/context/request-fields';
import { RequestScope } from '../../src/context/request-scope';
import { Scope } from '../../src/context/scope';
import { Normalizer } from '../../src/event/normalizer';
import { withDefaults } from '../../src/event/value-limits';

interface Request {
  method?: string;
  user?: unknown;
  raw?: object;
}

function requestScope(options: RequestContextOptions = {}, request: Request = {}) {
  const parent = new Scope(undefined);
  const onFault = jest.fn();
  const fields = new RequestFields({ ...options, fields: { request_id: false, ...options.fields } }, onFault);
  const tracked = Object.assign(request, { headers: {} }) as TrackedRequest & Request;
  const entered = fields.enter(tracked, { id: undefined });
  const scope = new RequestScope(parent, entered, tracked, fields, new Normalizer(withDefaults({})));
  return { scope, parent, onFault, request: tracked, values: () => scope.view().values };
}

describe('RequestScope', () => {
  it('adds the fields of the request to the values of its parent', () => {
    const { parent, values } = requestScope({}, { method: 'GET', user: { id: 7 } });
    parent.enter('release', { release: 'r1' });
    expect(values()).toEqual({ release: 'r1', method: 'GET', user_id: 7 });
  });

  it('reads the user at each emit, because guards run late', () => {
    const { request, values } = requestScope({}, { method: 'GET' });
    expect(values()).toEqual({ method: 'GET' });
    request.user = { id: 7 };
    expect(values()).toEqual({ method: 'GET', user_id: 7 });
    request.user = { id: 8 };
    expect(values()).toEqual({ method: 'GET', user_id: 8 });
    request.user = undefined;
    expect(values()).toEqual({ method: 'GET' });
  });

  it('reads the other fields once', () => {
    const { request, values } = requestScope({}, { method: 'GET' });
    expect(values()).toEqual({ method: 'GET' });
    request.method = 'POST';
    expect(values()).toEqual({ method: 'GET' });
  });

  it('returns the same view while nothing changes', () => {
    const { scope, request } = requestScope({}, { user: { id: 7 } });
    const view = scope.view();
    expect(scope.view()).toBe(view);
    request.user = { id: 8 };
    expect(scope.view()).not.toBe(view);
  });

  it('returns the same view while an object that a function returns has the same content', () => {
    let count = 1;
    const { scope, values } = requestScope({ fields: { tenant: () => ({ id: count }) } });
    const view = scope.view();
    expect(scope.view()).toBe(view);
    count = 2;
    expect(values()).toEqual({ tenant: { id: 2 } });
  });

  it('copies the objects that a function returns', () => {
    const tenant = { id: 1 };
    const { values } = requestScope({ fields: { tenant: () => tenant } });
    const before = values();
    tenant.id = 2;
    expect(before).toEqual({ tenant: { id: 1 } });
    expect(values()).toEqual({ tenant: { id: 2 } });
  });

  it('notices a change from an object to a string and back', () => {
    let tenant: unknown = { id: 1 };
    const { values } = requestScope({ fields: { tenant: () => tenant } });
    expect(values()).toEqual({ tenant: { id: 1 } });
    tenant = 't1';
    expect(values()).toEqual({ tenant: 't1' });
    tenant = { id: 1 };
    expect(values()).toEqual({ tenant: { id: 1 } });
  });

  it('prefers the field read last where two fields have the same name', () => {
    const { values } = requestScope({ fields: { method: 'user_id' } }, { method: 'GET', user: { id: 7 } });
    expect(values()).toEqual({ user_id: 7 });
  });

  it('keeps its own entries above the fields', () => {
    const { scope, values } = requestScope({}, { method: 'GET' });
    scope.enter('a', { method: 'own' });
    expect(values()).toEqual({ method: 'own' });
  });

  describe('when the request has ended', () => {
    it('keeps the values that it had then', () => {
      const { scope, request, values } = requestScope({}, { method: 'GET', user: { id: 7 } });
      scope.release();
      request.user = { id: 8 };
      expect(values()).toEqual({ method: 'GET', user_id: 7 });
    });

    it('reports no error of a field, because no event needs it', () => {
      const { scope, onFault } = requestScope({ fields: { tenant: () => JSON.parse('?') as unknown } });
      scope.release();
      expect(onFault).not.toHaveBeenCalled();
    });

    it('holds on to the request no longer, until it is opened again', () => {
      const { scope, values } = requestScope({}, { method: 'GET', user: { id: 7 } });
      scope.release();
      scope.reopen({ headers: {}, user: { id: 9 } });
      expect(values()).toEqual({ method: 'GET', user_id: 9 });
    });
  });

  it('is not folded into a long chain of scopes, since its user may still change', () => {
    const { scope, request } = requestScope({}, { user: { id: 7 } });
    let end: Scope = scope;
    for (let round = 0; round < 250; round++) end = end.open('round', { round });
    request.user = { id: 8 };
    expect(end.view().values).toEqual({ user_id: 8, round: 249 });
  });
});
