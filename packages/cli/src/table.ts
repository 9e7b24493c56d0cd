/** Formats rows as lines of text with aligned columns. */

/** How a column is aligned. */
export type Alignment = "left" | "right";

/**
 * Pads the cells of each column to the same width, with two spaces between columns. Trailing spaces are removed.
 *
 * @param alignments The alignment of each column; left by default.
 */
export function toColumns(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return alignments[column] === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Replaces control characters in a text that an application has sent, so that the text cannot move the cursor. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\ufffd");
}
