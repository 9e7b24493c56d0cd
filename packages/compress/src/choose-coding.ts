/** Chooses the content coding of an answer by Accept-Encoding: RFC 9110 section 12.5.3. */
import { codingQualities } from "@packetron/core/capability";

/** What a client takes. */
export interface Choice<Name extends string> {
  /** The content coding to use; `null` for none. */
  readonly coding: Name | null;
  /** Whether the client refuses a body without a coding. */
  readonly refusesIdentity: boolean;
}

/**
 * Chooses the offered coding with the highest quality, and of equal ones the first. The result has no coding when the
 * client accepts none of them, or likes the body without a coding better.
 *
 * @param offered The names of the codings, the one that the server prefers first.
 */
export function chooseCoding<Name extends string>(field: string, offered: readonly Name[]): Choice<Name> {
  const qualities = codingQualities(field);
  const others = qualities.get("*");
  const identity = qualities.get("identity") ?? others;
  let coding: Name | null = null;
  let best = identity ?? 0; // without an entry it is acceptable, but any accepted coding is better
  for (const name of offered) {
    const quality = qualities.get(name) ?? others ?? 0;
    if (quality === 0 || quality < best || (quality === best && coding !== null)) continue;
    coding = name;
    best = quality;
  }
  return { coding, refusesIdentity: identity === 0 };
}
