/**
 * Groups processors and child backends: `backend(RoutingBackend, {}, { processors, backends })`.
 * Its processors run once for all children. Their changes and drops apply only to this branch. The
 * children receive in code-point order of name.
 */
export class RoutingBackend {
  /** Brands the class: without a field, TypeScript would accept any object as a RoutingBackend. */
  readonly routes = true;
}
