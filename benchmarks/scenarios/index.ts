/** All scenarios, in the order of the report. */
import { browser } from "./browser.ts";
import { burst1k, burst3k } from "./burst.ts";
import { compress } from "./compress.ts";
import { connections } from "./connections.ts";
import { onePlugin, rateLimit, threePlugins } from "./gates.ts";
import { getJson } from "./get-json.ts";
import { asynchronous, json1k } from "./held.ts";
import { notFound } from "./not-found.ts";
import { params } from "./params.ts";
import { pipelines } from "./pipelines.ts";
import { post10k, post150 } from "./post-json.ts";
import { events, memory, startup } from "./presence.ts";
import type { Scenario } from "./scenario.ts";
import { static1k, static10m, static100k, static304 } from "./static-files.ts";
import { upload } from "./upload.ts";
import { validate10k, validate150 } from "./validate.ts";
import { websocket } from "./websocket.ts";

export const scenarios: readonly Scenario[] = [
  getJson,
  browser,
  params,
  post150,
  post10k,
  validate150,
  validate10k,
  compress,
  pipelines,
  notFound,
  rateLimit,
  onePlugin,
  threePlugins,
  static1k,
  static100k,
  static10m,
  static304,
  upload,
  asynchronous,
  json1k,
  connections,
  burst1k,
  burst3k,
  events,
  websocket,
  startup,
  memory,
];
