/**
 * Revisions: one process at a time may replace the file, without anything that the operating system would release for a
 * dead one. Node has no `flock`.
 *
 * Every content of the file has a token that never comes back, and so has every revision. A process that wants to begin a
 * revision
 *
 * 1. creates a pending revision, `new-<record>`: an empty file, and the record in its name says whose it is (`owner.ts`);
 * 2. reads the token T of the file and links the slot `lock-<T>` to its record. A symbolic link is made whole or not at
 *    all, by one process only. If there is one already, the process looks at its record P:
 *    - the pending file of P does not exist: P has finished. Go on with the slot `lock-<token of P>`;
 *    - P's owner is dead: unlink the pending file of P (P is *fenced*), and go on in the same way;
 *    - P's owner is alive: wait, and begin again at step 2, until the time limit;
 * 3. reads the token of the file again. It has to be one of those whose slots the process has passed, else the process
 *    unlinks its own slot and begins anew, with another record;
 * 4. holds the revision: writes the new content with its own token into the pending file, and renames that to the file. A
 *    pending file that another process has unlinked (the owner was fenced) cannot be renamed: the process begins anew;
 * 5. unlinks the slots that it has passed.
 *
 * Why no change is ever lost, even if a live process is taken for a dead one (a process that another container cannot see,
 * one that was stopped in the middle): let X have read the token C in step 3, and let Y be the first to rename its pending
 * file between this and X's rename. Then Y too read C in step 3, because no process renamed in between. A record is linked
 * at most once, and slots that lead on from the current token are never unlinked (5 and 3 unlink those that lead on from
 * tokens that are not current any more, and such a token never is again), so X and Y stand in one chain that begins at C.
 * If Y stands before X, X found Y's pending file unlinked before it read C: Y cannot rename any more. If X stands before Y,
 * the same holds the other way round: X's rename fails. So no process renames in between, and X replaces what it has read.
 *
 * Taking over is therefore safe whenever it happens. The records only decide *when*: never from an owner that is known to
 * be alive, at once from a dead one, and after a second from one that cannot be looked at.
 */
import { ensureDirectory } from "./directory.ts";
import { globalDataError } from "./errors.ts";
import { errorCode, unless } from "./file-system.ts";
import { encodeFile } from "./format.ts";
import { tokenOf } from "./owner.ts";
import { type PendingRevision, tryUnlink } from "./pending-revisions.ts";
import type { Content } from "./reader.ts";
import { Revision, type RevisionParts } from "./revision.ts";
import { sweep } from "./sweep.ts";
import type { Wait } from "./wait.ts";

/** What comes of a look for a slot; a holder is the record of somebody to wait for. */
type Outcome = "linked" | "changed" | "no directory" | { readonly holder: string };

/** Begins the revisions of this process. */
export class Revisions {
  readonly #parts: RevisionParts;
  #sweepDue = true;

  constructor(parts: RevisionParts) {
    this.#parts = parts;
  }

  /** Waits until this process may replace the file, synchronously. */
  begin(wait: Wait, durable: boolean): Revision {
    const { fs, places } = this.#parts;
    for (;;) {
      ensureDirectory(fs, places.directory);
      const pending = this.#createPending();
      const revision = pending === undefined ? undefined : this.#tryBegin(pending, wait, durable);
      if (revision !== undefined) return revision;
    }
  }

  #tryBegin(pending: PendingRevision, wait: Wait, durable: boolean): Revision | undefined {
    let revision: Revision | undefined;
    try {
      revision = this.#compete(pending, wait, durable);
    } finally {
      if (revision === undefined) this.#parts.pendingRevisions.discard(pending);
    }
    return revision;
  }

  /** Steps 2 and 3; `undefined`: begin anew with another pending revision. */
  #compete(pending: PendingRevision, wait: Wait, durable: boolean): Revision | undefined {
    const { fs, places, reader } = this.#parts;
    for (;;) {
      const start = reader.read() ?? this.#createFile(durable);
      if (start === undefined) return undefined;
      const chain = [start.token];
      const outcome = this.#findSlot(pending, chain, wait);
      if (outcome === "changed") continue; // the slot was unlinked: the chain begins elsewhere now
      if (outcome === "no directory") return undefined;
      if (outcome === "linked") {
        const base = reader.read();
        if (base !== undefined && chain.includes(base.token)) {
          if (this.#sweepDue) this.#sweepDue = !sweep(this.#parts, base.token, pending.record);
          return new Revision(this.#parts, pending, base, chain);
        }
        tryUnlink(fs, places.slot(chain.at(-1) ?? ""));
        return undefined;
      }
      wait.pause(outcome.holder);
    }
  }

  /** Goes along the slots, adding to the chain, to the first that is free or whose owner is to be waited for. */
  #findSlot(pending: PendingRevision, chain: string[], wait: Wait): Outcome {
    const { fs, places } = this.#parts;
    for (;;) {
      const slot = places.slot(chain.at(-1) ?? "");
      try {
        if (unless("EEXIST", () => fs.symlinkSync(pending.record, slot))) return "linked";
      } catch (error) {
        if (errorCode(error) === "ENOENT") return "no directory";
        throw error;
      }
      let holder = "";
      if (!unless("ENOENT", () => (holder = fs.readlinkSync(slot)))) return "changed";
      const token = tokenOf(holder);
      if (token === undefined)
        throw globalDataError("PKT_GLOBAL_DATA_UNSAFE", { path: slot, problem: "it is not of this program" });
      if (!this.#isFinished(holder, wait)) return { holder };
      chain.push(token);
    }
  }

  #isFinished(record: string, wait: Wait): boolean {
    const { fs, places } = this.#parts;
    const path = places.pending(record);
    if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return true;
    if (!wait.isOver(record)) return false;
    unless("ENOENT", () => fs.unlinkSync(path));
    this.#sweepDue = true;
    return true;
  }

  /** An empty file is put in place by a link, which never replaces: its token is new, as that of every content. */
  #createFile(durable: boolean): Content | undefined {
    const { fs, places, reader, pendingRevisions } = this.#parts;
    const pending = this.#createPending();
    if (pending === undefined) return undefined;
    try {
      pendingRevisions.write(pending, encodeFile({}, { token: pending.token, generation: 0n }));
      if (durable) fs.fsyncSync(pending.descriptor);
      unless("EEXIST", () => fs.linkSync(pending.path, places.file));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error; // the directory is gone: begin anew
    } finally {
      pendingRevisions.discard(pending);
    }
    return reader.read();
  }

  /** `undefined`: the directory was removed since it was looked at. */
  #createPending(): PendingRevision | undefined {
    try {
      return this.#parts.pendingRevisions.create();
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }
}
