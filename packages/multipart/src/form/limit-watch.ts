/** Reacts when a form exceeds a limit: with an event, an error beside the body, or a refusal. */
import type { PacketronError } from "@packetron/core";
import { multipartError } from "../errors.ts";
import type { FileInfo, MultipartLimits } from "../options.ts";
import type { LimitEvent, LimitEvents } from "./limit-events.ts";

/** A limit that a form has exceeded. */
export interface Breach {
  readonly limit: keyof MultipartLimits;
  /** The value of the limit. */
  readonly maximum: number;
  /** The name of the field that exceeds the limit. */
  readonly field: string;
  readonly error: PacketronError;
}

/** What happens when a form exceeds a limit. */
export interface BreachReactions {
  readonly events: LimitEvents;
  /** Refuses a form that exceeds a limit. If `refuse` is `null`, the form is read without the excess data. */
  readonly refuse: ((breach: Breach) => void) | null;
}

const eventOf: Readonly<Record<"maxFiles" | "maxFields" | "maxParts", LimitEvent>> = {
  maxFiles: "multipart-files-limit",
  maxFields: "multipart-fields-limit",
  maxParts: "multipart-parts-limit",
};

/** Watches the limits of one form. */
export class LimitWatch {
  /** The first breach that makes the body incomplete, for `getBodyError()`. `null` when the body is complete. */
  error: PacketronError | null = null;
  readonly #limits: MultipartLimits;
  readonly #reactions: BreachReactions;

  constructor(limits: MultipartLimits, reactions: BreachReactions) {
    this.#limits = limits;
    this.#reactions = reactions;
  }

  /**
   * Reports a file that exceeds `maxFileSize`. `getBodyError()` gives no error in this case, because the file's entry
   * shows the cut with `truncated`.
   */
  cutFile(field: string, info: FileInfo): PacketronError {
    const breach = this.#breach("maxFileSize", field);
    this.#reactions.events.emit("multipart-file-limit", field, info);
    this.#reactions.refuse?.(breach);
    return breach.error;
  }

  /** Reports that the value or the name of a field was cut. */
  cutField(limit: "maxFieldSize" | "maxFieldNameSize", field: string): void {
    this.#recordBreach(this.#breach(limit, field));
  }

  /** Reports that a part and all later parts under the same limit are left out. Called once for each limit. */
  leaveOut(limit: "maxFiles" | "maxFields" | "maxParts", field: string): void {
    const breach = this.#breach(limit, field);
    this.#reactions.events.emit(eventOf[limit]);
    this.#recordBreach(breach);
  }

  /** Refuses a form with too many header lines in a part. Without `refuse`, the caller ends the form as invalid. */
  refuseHead(field: string): void {
    this.#reactions.refuse?.(this.#breach("maxHeaderPairs", field));
  }

  #recordBreach(breach: Breach): void {
    this.error ??= breach.error;
    this.#reactions.refuse?.(breach);
  }

  #breach(limit: keyof MultipartLimits, field: string): Breach {
    const maximum = this.#limits[limit];
    const shown = field.slice(0, 100).toWellFormed(); // a name can fill a header line, which can have 16 KiB
    const error = multipartError("PKT_MULTIPART_LIMIT", { limit, maximum, field: JSON.stringify(shown) });
    return { limit, maximum, field: shown, error };
  }
}
