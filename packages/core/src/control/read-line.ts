/** Reads one line from a socket: bounded in length and time, whoever is on the other end. */
import type { Socket } from "node:net";

const LINE_FEED = 10;

/** How much and how long is waited for. */
export interface LineLimits {
  /** Bytes. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly time: number;
}

/**
 * Resolves with the first line, without its line feed; what comes behind it is left unread.
 *
 * @throws Error when the line is too long, does not come in time, or the connection ends before.
 */
export function readLine(socket: Socket, limits: LineLimits): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => settle(new Error(`no answer within ${limits.time} ms`)), limits.time);
    const ended = (): void => settle(new Error("the connection ended without an answer"));

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
