/** The types of scenarios: the application of the contestants, the requests, and the expected answers. */

/** A request for the load generators, which add `Host` and `Content-Length`. */
export interface ScenarioRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The expected answer. A contestant with another answer is not measured. */
export interface ExpectedAnswer {
  readonly status: number;
  /** The exact body, without its content coding; a function when the answer depends on the request. */
  readonly body: Buffer | string | ((request: ScenarioRequest) => string);
  /** The media type without parameters: some peers add a charset to JSON, which RFC 8259 does not define. */
  readonly mediaType?: string;
  /** The exact values of headers, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The lower-case names of headers that must be present with any value. */
  readonly present?: readonly string[];
  /** Whether the answer ends its connection. */
  readonly closes?: boolean;
}

/** The properties of all scenarios. */
interface ScenarioBase {
  /** The name in `--scenario`. */
  readonly name: string;
  readonly title: string;
  /** One or two sentences that readers need to understand the figures. */
  readonly about: string;
  /** The application that every contestant runs. A contestant without it does not take part. */
  readonly application: string;
  readonly expected: ExpectedAnswer;
  /** Whether only `--all` and `--scenario` measure it. */
  readonly isExtra?: true;
  /** A request that every contestant must refuse with status 400: proof that it checks what it gets. */
  readonly refused?: ScenarioRequest;
}

/** Requests at the greatest possible rate, on keep-alive connections unless the requests close them. */
export interface LoadScenario extends ScenarioBase {
  readonly kind: "load";
  /** The requests, which are sent in turn. */
  readonly requests: readonly ScenarioRequest[];
  readonly connections: number;
  /** The number of requests that a connection sends before it waits for the answers. 1 means no pipelining. */
  readonly pipelining: number;
  /** Whether the latency at a share of the capacity is left out: the raw clients cannot send such requests. */
  readonly isUnpaced?: true;
  /** Whether requests carry the `ETag` of the contestant's full answer in `If-None-Match`. */
  readonly revalidates?: boolean;
}

/** Large uploads, one after another. */
export interface UploadScenario extends ScenarioBase {
  readonly kind: "upload";
  /** The requests of the parity test: the same form with a small file. */
  readonly requests: readonly ScenarioRequest[];
  readonly path: string;
  /** The size of the file, in bytes. */
  readonly bytes: number;
  /** The form around the file: its media type, and the text before and after the file. */
  readonly form: { readonly type: string; readonly head: string; readonly tail: string };
}

/** The time from the start of a process to its first answer. */
export interface StartupScenario extends ScenarioBase {
  readonly kind: "startup";
  readonly requests: readonly ScenarioRequest[];
}

/** The memory of a process after its first answer, and with open connections that have had one answer each. */
export interface MemoryScenario extends ScenarioBase {
  readonly kind: "memory";
  readonly requests: readonly ScenarioRequest[];
  readonly connections: number;
}

/** Open streams of Server-Sent Events, each of which gets an event at a fixed interval. */
export interface EventsScenario extends ScenarioBase {
  readonly kind: "events";
  readonly requests: readonly ScenarioRequest[];
  /** The request whose answer is the stream. */
  readonly stream: ScenarioRequest;
  readonly connections: number;
}

/** WebSockets that are idle, that get their messages back, and that all get each message. */
export interface WebSocketScenario extends ScenarioBase {
  readonly kind: "websocket";
  readonly requests: readonly ScenarioRequest[];
  /** The number of sockets whose memory is measured. */
  readonly idle: number;
  /** The number of sockets that get their own messages back. */
  readonly echoing: number;
  /** The number of sockets that all get each message. */
  readonly listening: number;
}

/** New clients that connect at once, beside clients that keep the server busy. All go on to send requests. */
export interface BurstScenario extends ScenarioBase {
  readonly kind: "burst";
  /** The requests, which every client sends in turn. */
  readonly requests: readonly ScenarioRequest[];
  /** The number of clients that are connected before the others. */
  readonly busy: number;
  /** The number of clients that connect at once. */
  readonly newcomers: number;
  /** How long new clients wait for their first answer, in seconds. */
  readonly duration: number;
  /** The time after which a first answer is late, in seconds. */
  readonly patience: number;
}

/** Requests at the greatest possible rate, and then at a share of it, on connections that are all open before. */
export interface HeldScenario extends ScenarioBase {
  readonly kind: "held";
  /** The requests, which every connection sends in turn. */
  readonly requests: readonly ScenarioRequest[];
  readonly connections: number;
}

export type Scenario =
  | LoadScenario
  | UploadScenario
  | StartupScenario
  | MemoryScenario
  | EventsScenario
  | WebSocketScenario
  | BurstScenario
  | HeldScenario;
