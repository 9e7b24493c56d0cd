/** Scenarios for the cost of a server without load: start-up time and memory. */
import { EVENT_INTERVAL } from "../peers/_data.js";
import { getJson } from "./get-json.ts";
import type { EventsScenario, MemoryScenario, StartupScenario } from "./scenario.ts";

const { application, requests, expected } = getJson;

export const startup: StartupScenario = {
  kind: "startup",
  name: "startup",
  title: "Start to first answer",
  about: "From the start of the process to the end of its first answer, files in the system's cache.",
  application,
  requests,
  expected,
};

export const events: EventsScenario = {
  kind: "events",
  name: "events",
  title: "Server-Sent Events, 1,000 open streams",
  about: `Each of 1,000 open streams gets a small event every ${EVENT_INTERVAL} ms.`,
  application: "events",
  requests,
  stream: { method: "GET", path: "/events" },
  connections: 1_000,
  expected,
};

export const memory: MemoryScenario = {
  kind: "memory",
  name: "memory",
  title: "Memory, idle and with 1,000 connections",
  about:
    "Resident memory of all processes, one second after the first answer, and one second after each of 1,000 open connections has had an answer.",
  application,
  requests,
  connections: 1_000,
  expected,
};
