/** Reads the public members of classes and interfaces from the sources: those with a doc comment without `@internal`. */
import { readPage } from "./_markdown.ts";

/**
 * The public members of the class in a file, without members that override Node's.
 *
 * @param file Relative to the root of the repository.
 */
export function classMembers(file: string): string[] {
  const source = readPage(file);
  return publicMembers(source.slice(source.search(/^export (?:abstract )?class/m)));
}

/** The documented members of an interface in a file. */
export function interfaceMembers(file: string, name: string): string[] {
  const source = readPage(file);
  const start = source.search(new RegExp(`^export interface ${name}\\b`, "m"));
  if (start === -1) throw new Error(`${file} has no interface ${name}`);
  return publicMembers(source.slice(start));
}

function publicMembers(source: string): string[] {
  const body = source.split("\n}\n", 1)[0] ?? "";
  const members = [
    ...body.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}((?:\w+ )*)(\w+)(?=[(:<?;]| =)/gm),
  ];
  return members
    .filter(
      ([, comment = "", modifiers = ""]) =>
        !comment.includes("@internal") && !/override|private/.test(modifiers),
    )
    .map(([, , , name = ""]) => name);
}
