/**
 * Revisions: one process at a time may replace the file. Node has no `flock`, and the operating system does not release
 * this lock when its owner dies. So processes detect dead owners, and take over their revisions.
 *
 * Every content of the file has a token that is never used again, and so has every revision. To begin a revision, a
 * process
 *
 * 1. creates a pending revision, the empty file `new-<record>`. The record identifies its owner (`owner.ts`);
 * 2. reads the token T of the file, and creates the slot `lock-<T>`, a symbolic link to its record. The creation is
 *    atomic, and only one process can succeed. If the slot exists, the process reads the record P in it:
 *    - the pending file of P does not exist: P is finished. The process continues with the slot `lock-<token of P>`;
 *    - the owner of P is dead: the process unlinks the pending file of P (P is *fenced*), and continues likewise;
 *    - the owner of P is alive: the process waits, and tries step 2 again, until the time limit;
 * 3. reads the token of the file again. It must be one of the tokens whose slots the process has passed. Otherwise the
 *    process unlinks its own slot, and begins again with another record;
 * 4. holds the revision. It writes the new content with its own token into the pending file, and renames that to the
 *    file. If another process has unlinked the pending file (this owner was fenced), the rename fails, and the process
 *    begins again;
 * 5. unlinks the slots that it has passed.
 *
 * Why no change is ever lost, even if a live process is taken for dead (one that another container cannot see, or one
 * that was stopped during a change): Let X read the token C in step 3, and let Y be the first process that renames
 * its pending file between this and the rename of X. Then Y, too, read C in step 3, because no process renamed in
 * between. A record is linked at most once. Slots that are reachable from the current token are never unlinked: steps
 * 3 and 5 unlink slots that are reachable only from tokens which are not current any more, and such a token never
 * becomes current again. So X and Y are in one chain, which begins at C. If Y is before X, X found the pending file
 * of Y unlinked before X read C, so Y cannot rename any more. If X is before Y, the same holds with X and Y
 * exchanged: the rename of X fails. So no process renames in between, and X replaces the content that it has read.
 *
 * Taking over is therefore safe at any time. The records only decide *when* a process takes over: never from an owner
 * that is known to be alive, at once from a dead owner, and after a second from an owner whose state is unknown.
 */
import { ensureDirectory } from "./directory.ts";
import { globalDataError } from "./errors.ts";
import { errorCode, unless } from "./file-system.ts";
import { encodeFile } from "./format.ts";
import { tokenOf } from "./owner.ts";
import { type PendingRevision, tryUnlink } from "./pending-revisions.ts";
import type { Content } from "./reader.ts";
import { Revision, type RevisionContext } from "./revision.ts";
import { sweep } from "./sweep.ts";
import type { Wait } from "./wait.ts";

/**
 * The result of a search for a free slot (lock link). `"linked"`: this process now has the slot. `"changed"`: another
 * process has removed a slot. `holder`: the record (owner's description) of another process that holds the lock.
 */
type SearchResult = "linked" | "changed" | "no directory" | { readonly holder: string };

/** Begins revisions (exclusive rights to replace the file once) for this process. */
export class Revisions {
  readonly #context: RevisionContext;
  #sweepDue = true;

  constructor(context: RevisionContext) {
    this.#context = context;
  }

  /**
   * Blocks the thread until this process may replace the file.
   *
   * @throws PKT_GLOBAL_DATA_LOCKED, PKT_GLOBAL_DATA_DIRECTORY, PKT_GLOBAL_DATA_UNSAFE, PKT_GLOBAL_DATA_VERSION,
   *   PKT_GLOBAL_DATA_IO
   */
  begin(wait: Wait, durable: boolean): Revision {
    const { fs, places } = this.#context;
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
      if (revision === undefined) this.#context.pendingRevisions.discard(pending);
    }
    return revision;
  }

  /** Makes steps 2 and 3 of the comment at the top of this file. After `undefined`, the caller begins at step 1. */
  #compete(pending: PendingRevision, wait: Wait, durable: boolean): Revision | undefined {
    const { fs, places, reader } = this.#context;
    for (;;) {
      const start = reader.read() ?? this.#createFile(durable);
      if (start === undefined) return undefined;
      const chain = [start.token];
      const outcome = this.#findSlot(pending, chain, wait);
      if (outcome === "changed") continue; // the slot was unlinked, so the chain begins elsewhere now
      if (outcome === "no directory") return undefined;
      if (outcome === "linked") {
        const base = reader.read();
        if (base !== undefined && chain.includes(base.token)) {
          if (this.#sweepDue) this.#sweepDue = !sweep(this.#context, base.token, pending.record);
          return new Revision(this.#context, pending, base, chain);
        }
        tryUnlink(fs, places.slot(chain.at(-1) ?? ""));
        return undefined;
      }
      wait.pause(outcome.holder);
    }
  }

  /**
   * Follows the slots (lock links) from the last token of `chain`, and adds the token of each finished revision. The
   * search ends when this process creates a free slot, or finds a slot of a process that holds the lock.
   */
  #findSlot(pending: PendingRevision, chain: string[], wait: Wait): SearchResult {
    const { fs, places } = this.#context;
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
        throw globalDataError("PKT_GLOBAL_DATA_UNSAFE", {
          path: slot,
          problem: "it is not a lock of this program",
        });
      if (!this.#isFinished(holder, wait)) return { holder };
      chain.push(token);
    }
  }

  #isFinished(record: string, wait: Wait): boolean {
    const { fs, places } = this.#context;
    const path = places.pending(record);
    if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return true;
    if (!wait.mayTakeOver(record)) return false;
    unless("ENOENT", () => fs.unlinkSync(path));
    this.#sweepDue = true;
    return true;
  }

  /**
   * Creates the first file, without values. The file is put in place by a hard link, which never replaces a file. Its
   * token is new, as for every content.
   */
  #createFile(durable: boolean): Content | undefined {
    const { fs, places, reader, pendingRevisions } = this.#context;
    const pending = this.#createPending();
    if (pending === undefined) return undefined;
    try {
      pendingRevisions.write(pending, encodeFile({}, { token: pending.token, generation: 0n }));
      if (durable) fs.fsyncSync(pending.descriptor);
      unless("EEXIST", () => fs.linkSync(pending.path, places.file));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error; // the directory was removed: begin again
    } finally {
      pendingRevisions.discard(pending);
    }
    return reader.read();
  }

  /** Creates a pending revision (the file of the next content). `undefined` if the directory has been removed. */
  #createPending(): PendingRevision | undefined {
    try {
      return this.#context.pendingRevisions.create();
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }
}
