/** A cache of answers in the memory of the process. A package for it would contain no more code than these two files. */
import { type Capability, GateOrder, optionError } from "@packetron/core";
import { AnswerStore, type CacheCounts } from "./answer-store.ts";

declare module "@packetron/core" {
  interface EndpointOptions {
    /**
     * For how many seconds this process answers a GET by the answer to an earlier GET of the same URL.
     * @default 0, which never does
     */
    cacheFor?: number;
  }
  interface Packetron {
    /** What the cache of this process has done since the start. */
    readonly cacheCounts: CacheCounts;
  }
}

/**
 * Adds the route option `cacheFor`. Only whole answers with status 200 are kept, and none that sets a cookie, varies, or
 * forbids it with `Cache-Control`. Requests for one URL that arrive while its handler runs wait for that answer.
 */
export function responseCache(): Capability {
  return {
    name: "example-response-cache",
    install(host) {
      const store = new AnswerStore();
      host.routeOption("cacheFor", (value, route) => {
        if (typeof value !== "number" || !(value >= 0))
          throw optionError("cacheFor", value, "a number of seconds");
        if (value === 0) return;
        // After all gates: a client that may not see the answer of the handler must not get it from the cache.
        host.around(
          GateOrder.LATE,
          (request, response, next) => store.answer(request, response, next),
          route,
        );
        host.answering(
          (request, response, answer) => store.keep(request, response, answer, value * 1_000),
          route,
        );
      });
      host.settled(({ request, aborted }) => store.count(request, aborted));
      host.extend("server", "cacheCounts", { get: () => store.counts });
    },
  };
}
