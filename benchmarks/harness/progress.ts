/** Shows progress on a terminal in one line that is overwritten. Without a terminal, nothing is written. */

/** Replaces the progress line. */
export function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line}`);
}

/** Removes the progress line. */
export function clearProgress(): void {
  showProgress("");
}
