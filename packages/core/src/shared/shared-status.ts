/** What `packetron status` shows of the shared services of one server. */

/** The shared services of a server that uses them. */
export interface SharedStatus {
  /** The package that has the widest services: `"@packetron/core"` for those of the program. */
  readonly by: string;
  /** Whether calls can succeed, as the primary or the only process sees it. */
  readonly state: "up" | "down";
  /** The figures of the memory of the program; `null` while it is not used. */
  readonly figures: SharedFigures | null;
}

/** The figures of the shared memory of a program. */
export interface SharedFigures {
  /** How many leases of limits were granted since the start. */
  readonly granted: number;
  /** How many leases were refused since the start. */
  readonly refused: number;
  /** How many locks are held now. */
  readonly locks: number;
  /** How many values there are, those included whose time is over and that were not read since. */
  readonly values: number;
  /** The bytes of the values, with their keys, as `sharedMemoryLimit` counts them. */
  readonly bytes: number;
}
