/** What happens when a form goes over a limit: an event, an error beside the body, or a refusal. */
import type { PacketronError } from "@packetron/core";
import { multipartError } from "../errors.ts";
import type { FileInfo, MultipartLimits } from "../options.ts";
import type { LimitEvent, LimitEvents } from "./limit-events.ts";

/** A breached limit. */
export interface Breach {
  readonly limit: keyof MultipartLimits;
  /** The value of the limit. */
  readonly maximum: number;
  /** The field at which it was breached. */
  readonly field: string;
  readonly error: PacketronError;
}

/** What a breach leads to. */
export interface BreachReactions {
  readonly events: LimitEvents;
  /** Ends the form at its first breach; `null` goes on without what is over the limit. */
  readonly refuse: ((breach: Breach) => void) | null;
}

const eventOf: Readonly<Record<"maxFiles" | "maxFields" | "maxParts", LimitEvent>> = {
  maxFiles: "multipart-files-limit",
  maxFields: "multipart-fields-limit",
  maxParts: "multipart-parts-limit",
};

/** Watches over the limits of one form. */
export class LimitWatch {
  /** Says that the body is not all that was sent: what `getBodyError()` gives. */
  error: PacketronError | null = null;
  readonly #limits: MultipartLimits;
  readonly #reactions: BreachReactions;

  constructor(limits: MultipartLimits, reactions: BreachReactions) {
    this.#limits = limits;
    this.#reactions = reactions;
  }

  /** A file is larger than `maxFileSize`. Its entry says so, hence no error beside the body. */
  cutFile(field: string, info: FileInfo): PacketronError {
    const breach = this.#breach("maxFileSize", field);
    this.#reactions.events.emit("multipart-file-limit", field, info);
    this.#reactions.refuse?.(breach);
    return breach.error;
  }

  /** A field's value or name was cut. */
  cutField(limit: "maxFieldSize" | "maxFieldNameSize", field: string): void {
    this.#note(this.#breach(limit, field));
  }

  /** A part is left out, and all behind it that count to the limit. Called once for each limit. */
  leaveOut(limit: "maxFiles" | "maxFields" | "maxParts", field: string): void {
    const breach = this.#breach(limit, field);
    this.#reactions.events.emit(eventOf[limit]);
    this.#note(breach);
  }

  /** A part has too many header lines: without a refusal the form is not valid. */
  refuseHead(field: string): void {
    this.#reactions.refuse?.(this.#breach("maxHeaderPairs", field));
  }

  #note(breach: Breach): void {
    this.error ??= breach.error;
    this.#reactions.refuse?.(breach);
  }

  #breach(limit: keyof MultipartLimits, field: string): Breach {
    const maximum = this.#limits[limit];
    const shown = field.slice(0, 100).toWellFormed(); // a name can be as long as a header line
    const error = multipartError("PKT_MULTIPART_LIMIT", { limit, maximum, field: JSON.stringify(shown) });
    return { limit, maximum, field: shown, error };
  }
}
