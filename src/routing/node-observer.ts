import type { Envelope } from '../event/envelope';
import type { DropReason } from '../ledger/reasons';

/** What an observer sees of a node. */
export interface ObservedNode {
  readonly path: string;
  /** Place of the node in the configuration. */
  readonly standsAt: string;
  /**
   * What becomes of an event that the node accepts: it waits in a queue, or is written. Undefined
   * for a node that passes events on to its children.
   */
  readonly endsAs: 'queued' | 'delivered' | undefined;
}

/**
 * Follows the events of one tracker through its nodes. All methods are called inside `emit`, or
 * where a queue passes events on: they must be fast, and must neither throw nor emit.
 */
export interface NodeObserver {
  /**
   * The catalog rejected an event, which never enters the tree.
   * @param path path of its dead letter
   */
  rejected(path: string, envelope: Envelope, reason: string): void;
  /** A node receives an event, in the version that its parent passed on. */
  entered(node: ObservedNode, envelope: Envelope): void;
  /**
   * A processor of the node has run.
   * @param place place of the processor in the configuration
   * @param result the next version, or why the event ended here
   * @param tookMs duration in milliseconds
   */
  stepped(node: ObservedNode, place: string, before: Envelope, result: Envelope | string, tookMs: number): void;
  /**
   * The node and everything below it are done with the event, as far as `emit` is concerned.
   * @param refused why the node dropped the event; undefined if it was passed on or accepted
   */
  left(node: ObservedNode, envelope: Envelope, refused: DropReason | undefined): void;
}
