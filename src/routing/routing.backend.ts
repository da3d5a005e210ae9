/**
 * Holds processors and child backends: `backend(RoutingBackend, {}, { processors, backends })`. Its processors run once
 * for all its children; what they change or drop is seen below it only. The children receive in code-point order of name.
 */
export class RoutingBackend {
  /** Marks the class: without a field, TypeScript would take any object for one. */
  readonly routes = true;
}
