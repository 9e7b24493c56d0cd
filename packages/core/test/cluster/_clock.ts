/** A clock that only the test moves. */
export class Clock {
  time = 1_000;
  readonly now = (): number => this.time;
}
