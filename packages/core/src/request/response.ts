/** How a handler answers: the senders of the API, on top of Node's own ServerResponse. */
import { ServerResponse } from "node:http";
import type { PacketronRequest } from "./request.ts";

/** A response. Extends Node's `ServerResponse`. */
export class PacketronResponse extends ServerResponse<PacketronRequest> {
  /** Answers with a status and an empty body. */
  sendStatusCode(status: number): void {
    this.statusCode = status;
    this.end();
  }
}
