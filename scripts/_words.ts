/** Reads the words that people read: comments of the sources, and the prose of Markdown pages. */

/** A comment, or a block of prose, and the line where it starts. */
export interface Passage {
  readonly line: number;
  readonly text: string;
}

/** Strings, regular expressions and comments, as a scanner meets them; only comments have a group. */
const TOKENS =
  /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=(?:[(,=:[!&|?{};]|return)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*|(\/\/[^\n]*|\/\*[\s\S]*?\*\/)/g;

/** The comments of a source file, without the marks around them. */
export function commentsOf(source: string): Passage[] {
  return [...source.matchAll(TOKENS)].flatMap(({ 1: comment, index }) =>
    comment === undefined ? [] : [{ line: lineAt(source, index), text: withoutMarks(comment) }],
  );
}

/** The paragraphs, list items, headings and table cells of a Markdown page. Code blocks are left out. */
export function proseOf(page: string): Passage[] {
  const prose = page
    .replace(/^---\n[\s\S]*?\n---\n/, blank)
    .replace(/^(`{3,})[\s\S]*?^\1\s*$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank);
  return [...prose.matchAll(/(?:(?!\n\s*\n|\n\s*(?:[-*]|\d+\.|#+|\|)\s|\|)[\s\S])+/g)]
    .map(({ 0: block, index }) => ({
      line: lineAt(prose, index + (/^\s*/.exec(block)?.[0].length ?? 0)),
      text: block.replace(/^[\s>#*-]*(?:\d+\.\s)?/, "").trim(),
    }))
    .filter(({ text }) => /[a-z]/i.test(text));
}

/** The words of a text. Code between backticks counts as one word, the target of a link as none. */
export function wordsOf(text: string): string[] {
  const plain = text
    .replace(/`[^`]*`/g, " code ")
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/\{@\w+ ([^}]*)\}/g, "$1");
  return plain.match(/[A-Za-z][A-Za-z'’-]*/g) ?? [];
}

/** The sentences of a text: they end with a full stop, a question mark or an exclamation mark. */
export function sentencesOf(text: string): string[] {
  return text
    .replace(/\b(e\.g|i\.e|etc|vs)\./g, "$1")
    .split(/(?<=[.!?][)*"]*)\s+(?=["(*[`]*[A-Z0-9`])/)
    .filter((sentence) => wordsOf(sentence).length > 0);
}

function withoutMarks(comment: string): string {
  return comment
    .replace(/^\/\/\s?|^\/\*+|\*+\/$/g, "")
    .replace(/^\s*\* ?/gm, "")
    .trim();
}

/** Keeps the line breaks, so that the lines below keep their numbers. */
function blank(text: string): string {
  return text.replace(/[^\n]+/g, "");
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
