/** What a person at a terminal sees meanwhile: one line that is written over; nothing where nobody looks. */

/** Shows the line in place of the last one. */
export function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line}`);
}

/** Takes the line away. */
export function clearProgress(): void {
  showProgress("");
}
