/** Removes what processes have left that were killed at a bad moment. */
import { join } from "node:path";
import { unless } from "./file-system.ts";
import { tokenOf } from "./owner.ts";
import type { RevisionParts } from "./revision.ts";

/**
 * Removes the pending revisions of dead owners and the slots that lead nowhere. Called by whoever holds a revision that builds on `base`.
 * A live process of another container that loses its pending revision just begins anew.
 *
 * A slot that was listed while `base` was current, and that is not on the chain that begins at `base`, is on no chain ever
 * again: chains grow by new records only. So it may be removed even if the turn is lost meanwhile.
 *
 * @returns Whether it was done; what fails is tried at another time.
 */
export function sweep({ fs, places, reader, owners }: RevisionParts, base: string, own: string): boolean {
  try {
    const names = fs.readdirSync(places.directory).filter((name) => name.startsWith(places.prefix));
    if (reader.read()?.token !== base) return false;
    const chain = chainFrom(base);
    for (const name of names) {
      const [, kind, of = ""] = /^(lock|new)-(.+)$/.exec(name.slice(places.prefix.length)) ?? [];
      const isLitter =
        kind === "lock" ? !chain.has(of) : kind === "new" && of !== own && owners.judge(of) !== "alive";
      if (isLitter) unless("ENOENT", () => fs.unlinkSync(join(places.directory, name)));
    }
    return true;
  } catch {
    return false;
  }

  function chainFrom(first: string): Set<string> {
    const tokens = new Set([first]);
    for (let token: string | undefined = first; token !== undefined; tokens.add(token ?? first)) {
      let record = "";
      const slot = places.slot(token);
      token = unless("ENOENT", () => (record = fs.readlinkSync(slot))) ? tokenOf(record) : undefined;
    }
    return tokens;
  }
}
