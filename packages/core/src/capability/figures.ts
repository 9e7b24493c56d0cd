/** Figures that capabilities keep of one server, such as the number of refused requests. */

/** A number that a capability keeps, with its name. */
export interface Figure {
  /** The name in metrics, such as `"packetron_shed_requests_total"`. A counter ends with `_total`. */
  readonly name: string;
  /** What the number counts, as a sentence. */
  readonly help: string;
  /** The number now. The capability changes it; a counter only grows. */
  value: number;
}

/** The figures of one server in this process, by name. */
export class Figures {
  readonly #figures = new Map<string, Figure>();

  /** Returns the figure with a name. Makes it at the first call. */
  get(name: string, help: string): Figure {
    const known = this.#figures.get(name);
    if (known !== undefined) return known;
    const figure: Figure = { name, help, value: 0 };
    this.#figures.set(name, figure);
    return figure;
  }

  /** All figures, oldest first. */
  get all(): readonly Figure[] {
    return [...this.#figures.values()];
  }
}
