/** Keeps what has been read from texts of which most are the same, such as the Accept-Encoding of browsers. */

/** The most texts that are kept. Clients choose them, so their number must have a bound. */
const MOST = 64;

/** Makes a function that reads each text once. When it has kept 64 of them, it begins anew. */
export function remember<Result>(read: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= MOST) known.clear();
    const result = read(text);
    known.set(text, result);
    return result;
  };
}
