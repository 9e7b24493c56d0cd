/**
 * The facts about process and machine that the capability `firewall()` uses. Tests pass other values, so that no test
 * changes a real firewall.
 */

/** A process and its machine. */
export interface Machine {
  /** The operating system, as in `process.platform`. */
  readonly platform: string;
  /** The effective user id; `undefined` on Windows, which has none. */
  readonly uid: number | undefined;
  /** The folders in which programs are found, as in the environment variable PATH. */
  readonly path: string;
  /** How long one command, and the removal of all rules, may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** The machine and process that this code runs in. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    uid: process.geteuid?.(),
    path: process.env["PATH"] ?? "",
    timeoutMs: 2000,
  };
}
