/** Removes the files and lock links that killed processes left in the directory of global data. */
import { join } from "node:path";
import { unless } from "./file-system.ts";
import { tokenOf } from "./owner.ts";
import type { RevisionContext } from "./revision.ts";

/**
 * Removes the prepared files (`new-…`) of dead processes, and the slots (`lock-…` links) that no chain of revisions
 * contains. The caller holds a revision whose current content has the token `base`. A live process of another container
 * can lose its prepared file; that process then begins its change again.
 *
 * Consider a slot that was listed while `base` was current, and is not on the chain that begins at `base`. Chains grow
 * only by new records, so no chain will ever contain this slot. It can be removed even if this process loses the
 * revision during the sweep.
 *
 * @returns Whether everything was removed. After `false`, the caller sweeps again during a later revision.
 */
export function sweep({ fs, places, reader, owners }: RevisionContext, base: string, own: string): boolean {
  try {
    const names = fs.readdirSync(places.directory).filter((name) => name.startsWith(places.prefix));
    if (reader.read()?.token !== base) return false;
    const chain = chainFrom(base);
    for (const name of names) {
      const [, kind, of = ""] = /^(lock|new)-(.+)$/.exec(name.slice(places.prefix.length)) ?? [];
      const isStale =
        kind === "lock" ? !chain.has(of) : kind === "new" && of !== own && owners.stateOf(of) !== "alive";
      if (isStale) unless("ENOENT", () => fs.unlinkSync(join(places.directory, name)));
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
