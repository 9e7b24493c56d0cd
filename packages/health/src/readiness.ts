/** Whether this process wants requests: where it is in its life, and what the checks say. */
import type { Check } from "./check.ts";

/** The readiness of one server in this process. */
export class Readiness {
  readonly #checks: readonly Check[];
  #phase: "starting" | "serving" | "draining" = "starting";

  constructor(checks: readonly Check[]) {
    this.#checks = checks;
  }

  /** The server has started; too late once it drains. */
  started(): void {
    if (this.#phase === "starting") this.#phase = "serving";
  }

  /** It does not want requests any more. */
  draining(): void {
    this.#phase = "draining";
  }

  /** At once when no check has to run; else when all of them have an answer. Never rejects. */
  ask(): boolean | Promise<boolean> {
    if (this.#phase !== "serving") return false;
    const answers = this.#checks.map((check) => check.ask()); // all of them, so that they run side by side
    if (answers.includes(false)) return false;
    if (!answers.some((answer) => typeof answer !== "boolean")) return true;
    // Draining may have begun while the checks ran.
    return Promise.all(answers).then((all) => this.#phase === "serving" && !all.includes(false));
  }
}
