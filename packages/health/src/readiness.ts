/** Whether this process is ready for requests: depends on its phase and on the checks. */
import type { Check } from "./check.ts";

/** The readiness of one server in this process. */
export class Readiness {
  readonly #checks: readonly Check[];
  #phase: "starting" | "serving" | "draining" = "starting";

  constructor(checks: readonly Check[]) {
    this.#checks = checks;
  }

  /** Called when the server has started: the process is ready, unless the server has begun to drain. */
  started(): void {
    if (this.#phase === "starting") this.#phase = "serving";
  }

  /** Called when the server begins to drain: the process is not ready from then on. */
  draining(): void {
    this.#phase = "draining";
  }

  /** Whether the process is ready: at once when no check has to run, else after all checks. Never rejects. */
  ask(): boolean | Promise<boolean> {
    if (this.#phase !== "serving") return false;
    const answers = this.#checks.map((check) => check.ask()); // every check starts here, so that they run concurrently
    if (answers.includes(false)) return false;
    if (!answers.some((answer) => typeof answer !== "boolean")) return true;
    // Draining may have begun while the checks ran.
    return Promise.all(answers).then((all) => this.#phase === "serving" && !all.includes(false));
  }
}
