/** A clock that only the test advances. */
export class Clock {
  time = 1_000;
  readonly now = (): number => this.time;
}
