/** The server: each type below comes from a path, a schema or a declaration. No cast is needed. */
import { type Handler, Packetron, PacketronRequestMethod, refuse, type ServerOptions } from "packetron";
import { z } from "zod";
import { login, userOf } from "./user.ts";

const note = z.object({ text: z.string().min(1), tags: z.array(z.string()).default([]) });
type Note = z.infer<typeof note> & { readonly author: string };

const write = { body: note };
const notes = new Map<string, Note>();

/** A handler outside of `handle()` names its path and its schema. */
const writeNote: Handler<"notes/:id", typeof write> = (request, response) => {
  const { name, role } = userOf(request);
  if (role !== "editor") return refuse(response, 403);
  const written: Note = { ...request.valid.body, author: name };
  notes.set(request.params.id, written);
  return response.sendJson(written);
};

export function createApp(options: ServerOptions = {}): Packetron {
  const server = new Packetron(options);

  server.handle({
    routePath: "notes/:id",
    handler({ params }, response) {
      const found = notes.get(params.id); // a string, because the path has ":id"
      if (found === undefined) return refuse(response, 404);
      response.sendJson(found);
    },
  });
  server.handle({
    routePath: "notes",
    schema: { query: z.object({ tag: z.string().optional(), limit: z.coerce.number().int().default(10) }) },
    handler({ valid: { query } }, response) {
      const all = [...notes.values()].filter(
        ({ tags }) => query.tag === undefined || tags.includes(query.tag),
      );
      response.sendJson(all.slice(0, query.limit)); // a number: the schema has made it of the text
    },
  });
  server.handle({
    method: PacketronRequestMethod.PUT,
    routePath: "notes/:id",
    schema: write,
    plugins: [login],
    handler: writeNote,
  });
  return server;
}
