/** The exit codes of the command. Scripts rely on the numbers, so they never change. */
export const ExitCode: {
  /** The project is made, or help is shown. */
  readonly DONE: 0;
  /** The folder is not empty, or a file cannot be written. */
  readonly FAILED: 1;
  /** An argument is wrong or missing. */
  readonly USAGE: 2;
  /** The user has cancelled a question: 128 and the number of SIGINT, as shells report it. */
  readonly CANCELLED: 130;
} = Object.freeze({ DONE: 0, FAILED: 1, USAGE: 2, CANCELLED: 130 });

/** An exit code of the command. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends the command with an exit code, and with its message on stderr. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A failure whose message refers to the help. */
export function usageFailure(problem: string): CommandFailure {
  return new CommandFailure(ExitCode.USAGE, `${problem}\nSee "npm create packetron@latest -- --help".`);
}
