/** How the command ends. Scripts rely on the numbers, so they stay. */
export const ExitCode: {
  /** It is done. */
  readonly DONE: 0;
  /** It was tried and failed: a reload that was rolled back, an application that does not answer. */
  readonly FAILED: 1;
  /** The command line is not one: an unknown command or option, an entry file that is not there, several applications meant. */
  readonly USAGE: 2;
  /** No application is running that could be meant. */
  readonly NOT_RUNNING: 3;
} = Object.freeze({ DONE: 0, FAILED: 1, USAGE: 2, NOT_RUNNING: 3 });

/** One of the codes. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends the command with a sentence on stderr. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
