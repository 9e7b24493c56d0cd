/** Reads one line from a socket. Limits its length and its time, because the sender may be any program. */
import type { Socket } from "node:net";

const LINE_FEED = 10;

/** Limits of {@link readLine}. */
export interface LineLimits {
  /** The longest line, in bytes. */
  readonly bytes: number;
  /** How long the line may take to arrive, in milliseconds. */
  readonly time: number;
}

/**
 * Resolves with the first line that the socket receives, without its line feed. Data after the line is discarded.
 *
 * @throws Error when the line is too long, when it does not arrive in time, or when the connection ends first.
 */
export function readLine(socket: Socket, limits: LineLimits): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(
      () => settle(new Error(`no complete line arrived within ${limits.time} ms`)),
      limits.time,
    );
    const ended = (): void => settle(new Error("the connection ended before a complete line arrived"));

    function settle(result: string | Error): void {
      clearTimeout(timer);
      socket.off("data", take).off("end", ended).off("close", ended).off("error", settle);
      if (typeof result === "string") resolve(result);
      else reject(result);
    }
    function take(chunk: Buffer): void {
      const end = chunk.indexOf(LINE_FEED);
      chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
      length += end === -1 ? chunk.length : end;
      if (length > limits.bytes) settle(new Error(`a line of more than ${limits.bytes} bytes`));
      else if (end !== -1) settle(Buffer.concat(chunks).toString());
    }
    socket.on("data", take).on("end", ended).on("close", ended).on("error", settle);
  });
}
