/** The page at `/`: the routes of the server. */
import type { RouteDescription } from "packetron";

const STYLE =
  "body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 40rem; color-scheme: light dark }";

/** Makes the page. The paths come from the program, so they need no escaping. */
export function page(routes: readonly RouteDescription[]): string {
  const items = routes.map(({ method, path, flags }) => {
    const place = method === "GET" ? `<a href="${path}">${path}</a>` : path;
    return `<li><code>${method} ${place}</code> ${flags.join(", ")}</li>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Packetron</title>
<style>${STYLE}</style>
<h1>Packetron runs</h1>
<p>The routes of the quick start:</p>
<ul>
${items.join("\n")}
</ul>
<p>They are in <code>examples/quickstart/server.ts</code>. Each new connection gets another worker; a browser keeps its connection, so try <code>curl</code> with <code>/api/worker</code>.</p>
</html>
`;
}
