/** Takes a CPU profile of this process. Loaded for the first profile. */
import { writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { setTimeout as pause } from "node:timers/promises";

/** Whether a profile is being taken: the inspector has one profiler for the process. */
let isRunning = false;

/**
 * Takes a CPU profile and writes it into a new file, readable by this user only: it has the names of functions and files.
 * Opens no port.
 *
 * @returns The size of the file, in bytes.
 * @throws Node's EEXIST when the file exists, and other errors of the file system.
 */
export async function takeCpuProfile(seconds: number, file: string): Promise<number> {
  if (isRunning) throw new Error("another profile of this process is being taken");
  isRunning = true;
  const session = new Session();
  try {
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await pause(seconds * 1_000);
    const { profile } = await session.post("Profiler.stop");
    const text = JSON.stringify(profile);
    await writeFile(file, text, { flag: "wx", mode: 0o600 });
    return Buffer.byteLength(text);
  } finally {
    session.disconnect();
    isRunning = false;
  }
}
