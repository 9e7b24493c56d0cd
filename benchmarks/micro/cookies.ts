/** The cost of parsing cookies. */
import { parseCookies } from "../../packages/core/src/http/cookies.ts";
import { type Contestant, compare } from "./_measure.ts";

const TWO = "session=5e8d3c1f9ab24e7c8d60f2a1b3c4d5e6; theme=dark";
const TWENTY = Array.from({ length: 20 }, (_, index) => `_cookie_${index}=value.${index}`).join("; ");

await compare("cookies", "Cookies of a request", [
  contestant("no header", undefined),
  contestant("two cookies", TWO),
  contestant("two cookies, one of them quoted and encoded", 'session=a%20b%2Fc; theme="dark"'),
  contestant("twenty cookies", TWENTY),
]);

function contestant(name: string, header: string | undefined): Contestant {
  return { name, run: () => parseCookies(header) };
}
