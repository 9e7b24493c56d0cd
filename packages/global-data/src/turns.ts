/**
 * Turns: who may replace the file, one process at a time, with nothing that the operating system would release for a dead
 * one. Node has no `flock`.
 *
 * Every content of the file has a token that never comes back, and so has every turn. A process that wants a turn
 *
 * 1. creates a draft, `new-<record>`: empty as yet, and the record in its name tells who it is (`owner.ts`);
 * 2. reads the token T of the file and links the slot `lock-<T>` to its record. A symbolic link is made whole or not at
 *    all, by one process only. If there is one already, its record P is looked at:
 *    - the draft of P is gone: P is finished, whatever came of it. Go on with the slot `lock-<token of P>`;
 *    - P's owner is dead: unlink the draft of P (it is *fenced*), and go on in the same way;
 *    - P's owner is alive: wait, and begin again at step 2, until the patience ends;
 * 3. reads the token of the file again. It has to be one of those whose slots it has come along, else it unlinks its own
 *    slot and begins anew, with another record;
 * 4. has its turn: writes the new content with its own token into its draft, and renames the draft to the file. A draft
 *    that is gone, because the process was fenced, cannot be renamed: it begins anew;
 * 5. unlinks the slots that it came along.
 *
 * Why no change is ever lost, even if a live process is taken for a dead one (a process that another container cannot see,
 * one that was stopped in the middle): let X have read the token C in step 3, and let Y be the first to rename its draft
 * between this and X's rename. Then Y too read C in step 3, because nobody renamed in between. A record is linked at most
 * once, and slots that lead on from the current token are never unlinked (5 and 3 unlink those that lead on from tokens
 * that are not current any more, and such a token never is again), so X and Y stand in one chain that begins at C. If Y
 * stands before X, X saw Y's draft gone before it read C: Y cannot rename any more. If X stands before Y, the same holds
 * the other way round: X's rename fails. So nobody renames in between, and X replaces just what it has read.
 *
 * Taking over is therefore safe whenever it happens. The records only decide *when*: never from an owner that is known to
 * be alive, at once from a dead one, and after a second from one that cannot be looked at.
 */
import { ensureDirectory } from "./directory.ts";
import { type Draft, tryUnlink } from "./drafts.ts";
import { globalDataError } from "./errors.ts";
import { errorCode, unless } from "./file-system.ts";
import { encodeFile } from "./format.ts";
import { tokenOf } from "./owner.ts";
import type { Content } from "./reader.ts";
import { sweep } from "./sweep.ts";
import { Turn, type TurnParts } from "./turn.ts";
import type { Wait } from "./wait.ts";

/** What comes of a look for a slot; a holder is the record of somebody to wait for. */
type Outcome = "linked" | "changed" | "no directory" | { readonly holder: string };

/** Gives turns to this process. */
export class Turns {
  readonly #parts: TurnParts;
  #sweepDue = true;

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** Waits for a turn, synchronously. */
  take(wait: Wait, durable: boolean): Turn {
    const { fs, places } = this.#parts;
    for (;;) {
      ensureDirectory(fs, places.directory);
      const draft = this.#createDraft();
      const turn = draft === undefined ? undefined : this.#tryTake(draft, wait, durable);
      if (turn !== undefined) return turn;
    }
  }

  #tryTake(draft: Draft, wait: Wait, durable: boolean): Turn | undefined {
    let turn: Turn | undefined;
    try {
      turn = this.#compete(draft, wait, durable);
    } finally {
      if (turn === undefined) this.#parts.drafts.discard(draft);
    }
    return turn;
  }

  /** Steps 2 and 3; `undefined`: begin anew with another draft. */
  #compete(draft: Draft, wait: Wait, durable: boolean): Turn | undefined {
    const { fs, places, reader } = this.#parts;
    for (;;) {
      const start = reader.read() ?? this.#createFile(durable);
      if (start === undefined) return undefined;
      const chain = [start.token];
      const outcome = this.#findSlot(draft, chain, wait);
      if (outcome === "changed") continue; // the slot was unlinked: the chain begins elsewhere now
      if (outcome === "no directory") return undefined;
      if (outcome === "linked") {
        const base = reader.read();
        if (base !== undefined && chain.includes(base.token)) {
          if (this.#sweepDue) this.#sweepDue = !sweep(this.#parts, base.token, draft.record);
          return new Turn(this.#parts, draft, base, chain);
        }
        tryUnlink(fs, places.slot(chain.at(-1) ?? ""));
        return undefined;
      }
      wait.pause(outcome.holder);
    }
  }

  /** Goes along the slots, adding to the chain, to the first that is free or whose owner is to be waited for. */
  #findSlot(draft: Draft, chain: string[], wait: Wait): Outcome {
    const { fs, places } = this.#parts;
    for (;;) {
      const slot = places.slot(chain.at(-1) ?? "");
      try {
        if (unless("EEXIST", () => fs.symlinkSync(draft.record, slot))) return "linked";
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
    const path = places.draft(record);
    if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return true;
    if (!wait.isOver(record)) return false;
    unless("ENOENT", () => fs.unlinkSync(path));
    this.#sweepDue = true;
    return true;
  }

  /** An empty file is put in place by a link, which never replaces: its token is new, as that of every content. */
  #createFile(durable: boolean): Content | undefined {
    const { fs, places, reader, drafts } = this.#parts;
    const draft = this.#createDraft();
    if (draft === undefined) return undefined;
    try {
      drafts.write(draft, encodeFile({}, { token: draft.token, generation: 0n }));
      if (durable) fs.fsyncSync(draft.descriptor);
      unless("EEXIST", () => fs.linkSync(draft.path, places.file));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error; // the directory is gone: begin anew
    } finally {
      drafts.discard(draft);
    }
    return reader.read();
  }

  /** `undefined`: the directory was removed since it was looked at. */
  #createDraft(): Draft | undefined {
    try {
      return this.#parts.drafts.create();
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }
}
