/** The exit codes of the command line. Scripts rely on the numbers, so they never change. */
export const ExitCode: {
  /** The command succeeded. */
  readonly DONE: 0;
  /** The command failed: a reload was rolled back, or the application does not answer. */
  readonly FAILED: 1;
  /** The arguments are wrong: unknown command or option, missing entry file, or several applications that match. */
  readonly USAGE: 2;
  /** No matching application is running. */
  readonly NOT_RUNNING: 3;
} = Object.freeze({ DONE: 0, FAILED: 1, USAGE: 2, NOT_RUNNING: 3 });

/** An exit code of the command line. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends the command with an exit code, and with its message on stderr. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
