/** What the capability looks at of the process it runs in. Tests give another one, so that no test reaches a firewall. */

/** A process and its machine. */
export interface Machine {
  /** As `process.platform`. */
  readonly platform: string;
  /** The effective user; `undefined` where users have no numbers. */
  readonly uid: number | undefined;
  /** Where programs are looked for, as in the environment variable PATH. */
  readonly path: string;
  /** How long one command may take, and the removal of all rules, in milliseconds. */
  readonly patience: number;
}

/** The one that this code runs in. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    uid: process.geteuid?.(),
    path: process.env["PATH"] ?? "",
    patience: 2000,
  };
}
