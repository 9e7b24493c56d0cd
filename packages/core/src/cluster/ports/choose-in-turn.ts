/** Whose turn it is. */

/**
 * Chooses the one with the least load, beginning behind the last choice, so that ties rotate; with equal loads it is the
 * next one in turn.
 *
 * @returns Its index; `undefined` when nobody has room.
 */
export function chooseInTurn<Seat>(
  seats: readonly Seat[],
  last: number,
  hasRoom: (seat: Seat) => boolean,
  loadOf: (seat: Seat) => number,
): number | undefined {
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= seats.length; step += 1) {
    const index = (last + step) % seats.length;
    const seat = seats[index];
    if (seat === undefined || !hasRoom(seat)) continue;
    const load = loadOf(seat);
    if (load >= least) continue;
    best = index;
    least = load;
  }
  return best;
}
