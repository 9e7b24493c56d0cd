/**
 * Checks the language of comments, pages and commit titles: `node scripts/check-words.ts`. Prints each finding with file
 * and line, and exits with 1 when there is one.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./_packages.ts";
import { commentsOf, type Passage, proseOf, sentencesOf, wordsOf } from "./_words.ts";

/** A pronoun hides the actor. Some sentences need one, hence a rate and not a ban. */
const PRONOUNS =
  /\b(?:nobody|no[- ]one|somebody|someone|anybody|anyone|everybody|everyone|who(?:m)?ever|whatever|whichever)\b/gi;

/** How many pronouns 1,000 words may have. */
const PRONOUN_RATE = 0.3;

/** Idioms of another language, and phrases that hide what happens; what to write instead. */
const PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bone behind the other\b/i, "one after another"],
  [/\bclock of the wall\b/i, "wall clock"],
  [/\bin the midst of\b/i, "during"],
  [/\bas ever\b/i, "as before"],
  [/\bwithout a word\b/i, "silently, or what is missing: a log line, an answer"],
  [/\bcome(?:s)? of (?:it|its|that)\b/i, "name what arrived"],
  [/\bhas come\b/i, "has arrived"],
  [/(?<!\bthere )\b(?:is|are|was) no (?!longer\b|more\b)[a-z]+/i, "is not a …"],
  [/\b(?:is|are|was) none\b/i, "is not a …"],
  [/\bthe ones? behind\b/i, "the next"],
  [/\bbehind (?:it|them|each|every|(?:the|its|an) answers?)\b/i, "after …"],
  [/\bthe house\b/i, "the project, the repository"],
];

/** A comment of a package appears alone in a tooltip. These phrases need the line above, or more context than there is. */
const TOOLTIP_PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bthen(?=:\s|\.(?:\s|$))|: then\b/i, "the condition: in this case, if so"],
  [/\bothers (?:gets?|takes?|may|serves?|waits?)\b|\bpass(?:es)? others\b/i, "the noun: the other workers"],
  [/\bthose that (?:wait|remain|close)\b/i, "the noun: the connections that …"],
  [/\b(?:a|the|last|each|no) looks?\b(?!-)/i, "the verb: checks, reads"],
  [/\bas [a-z]+ly as\b/i, "what is accepted"],
  [/\bbut for (?:those|`)/i, "except"],
  [/\bwho gets\b/i, "which … get"],
  [/, for (?:a|the) [a-z]+ may\b/i, "because"],
  [/\bcounts? (?:nothing|something)\b|(?<!\bthe )\bcounts(?=[.;])|\bnot count(?=[.;])/i, "is used, applies"],
  [/\bmeanwhile\b/i, "the span: while …"],
  [/^(?:judges|marks|handles|treats|says)\b/i, "what the function does, with its result"],
  [
    /^(?:absolute|canonical|in bytes|in milliseconds|those|one that|by path|its)\b/i,
    "what it is, as a whole phrase",
  ],
];

/** Pages for a busy engineer: no long sentence, and the median short. Words. */
const SHORT_PAGES = [
  "docs/guide/cluster.md",
  "docs/guide/logging.md",
  "docs/guide/direct-dispatch.md",
  "docs/guide/middleware.md",
  "packages/global-data/README.md",
  "packages/overload/README.md",
];
const LONGEST_SENTENCE = 35;
const MEDIAN_SENTENCE = 16;

/** The first commit whose title is checked was made after this. */
const TITLES_SINCE = "2026-11-30T15:00:00Z";
const LONGEST_TITLE = 72;

const findings = [...checkPassages(), ...SHORT_PAGES.flatMap(checkSentences), ...checkTitles()];
for (const finding of findings) process.stderr.write(`${finding}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;

function checkPassages(): string[] {
  const places = trackedFiles().flatMap((file) => passagesOf(file).map((passage) => ({ file, ...passage })));
  const words = places.reduce((sum, { text }) => sum + wordsOf(text).length, 0);
  const pronouns = places.flatMap((place) => findAll(place, PRONOUNS));
  const phrases = places.flatMap((place) =>
    phrasesFor(place.file).flatMap(([phrase, instead]) =>
      findAll(place, new RegExp(phrase, "gi")).map((found) => `${found}: write "${instead}"`),
    ),
  );
  const rate = (pronouns.length / words) * 1_000;
  if (rate <= PRONOUN_RATE) return phrases;
  const summary = `${rate.toFixed(2)} indefinite pronouns per 1,000 words, at most ${PRONOUN_RATE}: name the actor`;
  return [...pronouns, summary, ...phrases];
}

function phrasesFor(file: string): typeof PHRASES {
  return /^packages\/[^/]+\/src\//.test(file) ? [...PHRASES, ...TOOLTIP_PHRASES] : PHRASES;
}

function findAll({ file, line, text }: Passage & { readonly file: string }, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(({ 0: found, index }) => {
    const offset = text.slice(0, index).split("\n").length - 1;
    return `${file}:${line + offset} "${found.replace(/\s+/g, " ")}"`;
  });
}

function checkSentences(page: string): string[] {
  const sentences = proseOf(readText(page)).flatMap(({ line, text }) =>
    sentencesOf(text).map((sentence) => ({ line, length: wordsOf(sentence).length, sentence })),
  );
  const lengths = sentences.map(({ length }) => length).toSorted((one, other) => one - other);
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
  return [
    ...sentences
      .filter(({ length }) => length > LONGEST_SENTENCE)
      .map(({ line, length, sentence }) => `${page}:${line} ${length} words: ${sentence.slice(0, 60)}…`),
    ...(median > MEDIAN_SENTENCE ? [`${page}: the median sentence has ${median} words`] : []),
  ];
}

function checkTitles(): string[] {
  const titles = git("log", `--since=${TITLES_SINCE}`, "--format=%s");
  return titles
    .filter((title) => title.length > LONGEST_TITLE)
    .map((title) => `${title.length} characters, at most ${LONGEST_TITLE}: commit "${title}"`);
}

function passagesOf(file: string): Passage[] {
  if (/\.[cm]?[jt]s$/.test(file)) return commentsOf(readText(file));
  return file.endsWith(".md") ? proseOf(readText(file)) : [];
}

function trackedFiles(): string[] {
  // This file and its tests name the words that others must not have.
  return git("ls-files", "--cached", "--others", "--exclude-standard").filter(
    (file) => existsSync(join(root, file)) && !/words(?:\.test)?\.ts$/.test(file),
  );
}

function readText(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function git(...parameters: string[]): string[] {
  return execFileSync("git", parameters, { cwd: root, maxBuffer: 64 * 1024 * 1024 })
    .toString()
    .split("\n")
    .filter((line) => line !== "");
}
