import { afterEach, expect, test, vi } from "vitest";
import { logInvalidBody } from "../../src/body/log.ts";
import { coreError } from "../../src/errors/errors.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { makeExchange, makeRoute } from "../_routes.ts";
import { makeServer } from "../_server.ts";

afterEach(() => void vi.restoreAllMocks());

test("a server logs at most one line a second, with the number of bodies left out", () => {
  const clock = vi.spyOn(performance, "now");
  const { server, lines } = makeServer();
  const other = makeServer();
  const error = coreError("PKT_BODY_INVALID", { parser: "JSON_BODY", reason: "no" });
  for (const now of [5_000, 5_001, 5_999, 6_000, 6_999.9, 8_000]) {
    clock.mockReturnValue(now);
    logInvalidBody(requestTo(server), error);
  }
  logInvalidBody(requestTo(other.server), error);
  expect(lines.map(({ fields }) => fields)).toMatchObject([{ omitted: 0 }, { omitted: 2 }, { omitted: 1 }]);
  expect(lines[0]).toMatchObject({ level: "warn", fields: { route: "GET /a", code: "PKT_BODY_INVALID" } });
  expect(lines[0]).toMatchObject({ fields: { method: "GET", requestId: expect.any(String) } });
  expect(other.lines).toHaveLength(1);
});

function requestTo(server: Packetron): PacketronRequest {
  const { request } = makeExchange();
  request.method = "GET";
  request.route = makeRoute({ routePath: "a" });
  return Object.defineProperty(request, "server", { value: server });
}
