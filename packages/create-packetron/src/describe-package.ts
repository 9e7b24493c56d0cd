/** The names in a package with a capability, all of which follow from the name of its folder. */

/** What stands in the templates of packages for a word in double braces. */
export interface PackageFields {
  /** The name of the source file: `"body-csv"`. */
  readonly folder: string;
  /** The npm name. */
  readonly name: string;
  /** The function that makes the capability: `"bodyCsv"`. */
  readonly factory: string;
  readonly description: string;
  /** The name of the flag of a parser: `"CSV_BODY"`. */
  readonly flag: string;
  readonly mediaType: string;
  /** The header that a capability adds: `"X-Body-Csv"`. */
  readonly header: string;
  /** The header in lower case. */
  readonly headerKey: string;
}

/** Makes the names of a package. */
export function describePackage(options: {
  readonly name: string;
  /** Words in lower case, joined with dashes. */
  readonly folder: string;
  readonly isParser: boolean;
  /** @default a type with the name of the package */
  readonly mediaType?: string | undefined;
}): PackageFields {
  const { name, folder, isParser } = options;
  const words = folder.split("-");
  const subject = words[0] === "body" && words.length > 1 ? words.slice(1) : words;
  const mediaType = options.mediaType ?? `application/x-${subject.join("-")}`;
  const header = `X-${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("-")}`;
  return {
    folder,
    name,
    factory: folder.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    description: isParser
      ? `Request bodies of the type ${mediaType} for Packetron`
      : `The header ${header} for Packetron`,
    flag: `${subject.join("_").toUpperCase()}_BODY`,
    mediaType,
    header,
    headerKey: header.toLowerCase(),
  };
}

/** Replaces words in double braces. Throws for a word without a value, which is a mistake of the template. */
export function fillTemplate(text: string, fields: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, field: string) => {
    const value = fields[field];
    if (value === undefined) throw new Error(`The template has no value of ${field}.`);
    return value;
  });
}
