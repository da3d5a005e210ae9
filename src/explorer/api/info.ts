/** `GET api/info`: what the page needs once. */
export interface ExplorerInfo {
  /** Version of this package. */
  readonly version: string;
  /** Trackers that can be explored, the first one shown first. */
  readonly trackers: readonly TrackerInfo[];
  readonly process: ProcessInfo;
  /** Processes whose events are merged here; only this one without a shared channel. */
  readonly processes: readonly ProcessInfo[];
  /** What the user of the page may do. */
  readonly actions: { readonly redrive: boolean; readonly purge: boolean };
  /** Header that each request with an effect must have, with the value `1`. */
  readonly actionHeader: string;
  readonly isDevelopment: boolean;
  readonly capacity: { readonly maxEvents: number; readonly maxBytes: number };
}

/** Processes whose events are merged, and why only those of this one are shown, if so. */
export interface SharedState {
  /** This process first. */
  readonly processes: readonly ProcessInfo[];
  readonly problem?: { readonly message: string; readonly fix: string };
}

export interface TrackerInfo {
  readonly name: string;
  /** Paths of the ends of the tree, in the order in which they receive: columns of the list. */
  readonly destinations: readonly string[];
}

export interface ProcessInfo {
  /** `host:pid`, unique among the processes. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly node: string;
  readonly startedAt: string;
}
