/** The routes below /notes. The notes are global data, which all workers of this machine share. */
import { type Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "packetron";

interface Note {
  text: string;
}

type Notes = Record<string, Note>;

const MAX_LENGTH = 1_000;

/** Adds the routes: list, read, write and delete notes. */
export function addNotes(server: Packetron): void {
  const notes = server.group({ prefix: "notes" });

  notes.handle({
    routePath: "/",
    handler: (_request, response) => response.sendJson(readNotes(server)),
  });

  notes.handle({
    routePath: ":id",
    handler: (request, response) => {
      const note = findNote(server, request.params.id);
      if (note === undefined) return response.sendJson({ error: "There is no such note." }, 404);
      return response.sendJson(note);
    },
  });

  notes.handle({
    method: PacketronRequestMethod.PUT,
    routePath: ":id",
    flags: PacketronHandlerFlags.JSON_BODY | PacketronHandlerFlags.REJECT_INVALID_BODY,
    handler: async (request, response) => {
      const note = toNote(await request.getBody());
      if (note === undefined) return response.sendJson({ error: 'Send {"text": "…"}.' }, 400);
      changeNotes(server, (all) => ({ ...all, [request.params.id]: note }));
      return response.sendJson(note);
    },
  });

  notes.handle({
    method: PacketronRequestMethod.DELETE,
    routePath: ":id",
    handler: (request, response) => {
      changeNotes(server, ({ [request.params.id]: _deleted, ...others }) => others);
      return response.sendStatusCode(204);
    },
  });
}

/** Returns the note in a body from outside, or `undefined` when the body has another form. */
function toNote(body: unknown): Note | undefined {
  if (typeof body !== "object" || body === null || !("text" in body)) return undefined;
  const { text } = body;
  return typeof text === "string" && text.length <= MAX_LENGTH ? { text } : undefined;
}

function findNote(server: Packetron, id: string): Note | undefined {
  const notes = readNotes(server);
  return Object.hasOwn(notes, id) ? notes[id] : undefined;
}

function readNotes(server: Packetron): Notes {
  return toNotes(server.getGlobalData("notes"));
}

/** Replaces the notes in one step, in which no other worker changes them. */
function changeNotes(server: Packetron, change: (notes: Notes) => Notes): void {
  server.updateGlobalData("notes", (value) => change(toNotes(value)));
}

/** The stored notes: only this file writes them. */
function toNotes(value: unknown): Notes {
  return isNotes(value) ? value : {};
}

function isNotes(value: unknown): value is Notes {
  return typeof value === "object" && value !== null;
}
