import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../../core/test/_code-point.ts";
import { eventText } from "../../src/events/event-text.ts";
import { parseEvents } from "../_event-parser.ts";

describe("the text of an event", () => {
  test.each([
    ["data alone", { data: "hello" }, "data: hello\n\n"],
    [
      "all fields",
      { id: "7", event: "price", data: 1.5, retry: 2_000 },
      "id: 7\nevent: price\nretry: 2000\ndata: 1.5\n\n",
    ],
    ["data of several lines", { data: "a\nb\r\nc\rd" }, "data: a\ndata: b\ndata: c\ndata: d\n\n"],
    ["a line break at the end", { data: "a\n" }, "data: a\ndata: \n\n"],
    ["an object", { data: { text: "a\nb" } }, 'data: {"text":"a\\nb"}\n\n'],
    ["null", { data: null }, "data: null\n\n"],
    ["an empty text", { data: "" }, "data: \n\n"],
    ["a name without data, which clients would drop", { event: "ping" }, "event: ping\ndata: \n\n"],
    ["an id alone", { id: 7n }, "id: 7\n\n"],
    ["an empty id, which resets the id of the client", { id: "", data: "a" }, "id: \ndata: a\n\n"],
    ["fields that are undefined", { id: undefined, data: "a", retry: undefined }, "data: a\n\n"],
  ])("with %s", (_title, event, text) => {
    expect(eventText(event)).toBe(text);
  });

  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  test.each<[title: string, event: unknown, reason: string]>([
    ["a line feed in event", { event: "a\ndata: x" }, "its field event is"],
    ["a carriage return in event", { event: "a\rb" }, "its field event is"],
    ["an event that is not a text", { event: 7 }, "its field event is 7"],
    ["a line feed in id", { id: "1\nevent: x" }, "its id is"],
    ["a carriage return in id", { id: "1\r" }, "its id is"],
    ["NUL in id", { id: "a\0" }, "its id is"],
    ["an id that is an object", { id: {} }, "its id is"],
    ["a negative retry", { retry: -1 }, "its retry is -1"],
    ["a retry with a fraction", { retry: 1.5 }, "its retry is 1.5"],
    ["a retry that is a text", { retry: "1\ndata: x" }, "its retry is"],
    ["a field that does not exist", { price: 3 }, '"price"'],
    ["no field", {}, "none of the fields id, event, data, retry"],
    ["a text in place of an event", "hello", "expected an object"],
    ["null in place of an event", null, "expected an object"],
    ["data with a cycle", { data: cycle }, "its data cannot be sent as JSON"],
    ["data that JSON does not have", { data: () => 1 }, "which JSON does not have"],
  ])("is refused with %s", (_title, event, reason) => {
    expect(() => eventText(event)).toThrow(
      expect.objectContaining({ code: "PKT_STREAM_EVENT", message: expect.stringContaining(reason) }),
    );
  });
});

const word = fc.string({ unit: "grapheme", maxLength: 12 });
const line = word.filter((text) => !/[\r\n\0]/.test(text));
const data = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc
    .array(fc.constantFrom("a", " ", ":", "\r", "\n", "\0", "data: b", "\uFEFF"))
    .map((parts) => parts.join("")),
);
const events = fc.array(
  fc.record({ id: line, event: line, data, retry: fc.nat() }, { requiredKeys: ["data"] }),
  { minLength: 1 },
);

test("each sequence of events is what a client parses", () => {
  fc.assert(
    fc.property(events, (sent) => {
      const parsed = parseEvents(`:\n\n${sent.map(eventText).join("")}`);
      let lastEventId = "";
      const expected = sent.map((event) => {
        lastEventId = event.id ?? lastEventId;
        const type = event.event === undefined || event.event === "" ? "message" : event.event;
        return { type, data: event.data.replaceAll(/\r\n?/g, "\n"), lastEventId };
      });
      const retry = sent.findLast((event) => event.retry !== undefined)?.retry ?? null;
      expect(parsed).toEqual({ events: expected, lastEventId, retry });
    }),
  );
});

test("each value that JSON has arrives as this value", () => {
  fc.assert(
    fc.property(
      fc.jsonValue().filter((value) => typeof value !== "string"),
      (value) => {
        const [event] = parseEvents(eventText({ data: value })).events;
        expect(JSON.parse(event?.data ?? "")).toEqual(JSON.parse(JSON.stringify(value)));
      },
    ),
  );
});

test("no text in id and event makes an event that was not sent", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), fc.string({ unit: codePoint }), (id, event) => {
      let text: string;
      try {
        text = eventText({ id, event, data: "x" });
      } catch {
        expect(`${id}${event}`).toMatch(/[\r\n\0]/);
        return;
      }
      expect(parseEvents(text).events.map((parsed) => parsed.data)).toEqual(["x"]);
    }),
  );
});
