/** What a scenario is: the application that every contestant must be, the requests it gets, and the answers it owes. */

/** One request, as the load generators send it. `Host` and `Content-Length` are theirs to add. */
export interface ScenarioRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What an answer must be for its contestant to be timed. */
export interface ExpectedAnswer {
  readonly status: number;
  /** The exact body; a function when the answer depends on the request. */
  readonly body: Buffer | string | ((request: ScenarioRequest) => string);
  /** The media type without its parameters: some peers name the charset of JSON and some do not, and RFC 8259 has none. */
  readonly mediaType?: string;
  /** Headers that must have just these values, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that must be there, whatever their value, names in lower case. */
  readonly present?: readonly string[];
  /** The answer ends its connection. */
  readonly closes?: boolean;
}

/** What all scenarios have in common. */
interface ScenarioBase {
  /** As in `--scenario`. */
  readonly name: string;
  readonly title: string;
  /** What a reader should know before reading the figures. One or two sentences. */
  readonly about: string;
  /** Which program every contestant runs; a contestant without it is not part of the scenario. */
  readonly application: string;
  readonly expected: ExpectedAnswer;
}

/** Requests as fast as they go, from keep-alive connections unless the requests say otherwise. */
export interface LoadScenario extends ScenarioBase {
  readonly kind: "load";
  /** Sent in turn. */
  readonly requests: readonly ScenarioRequest[];
  readonly connections: number;
  /** How many requests a connection sends before it waits for the answers. 1 is no pipelining. */
  readonly pipelining: number;
  /** The requests carry the `ETag` of the contestant's own full answer in `If-None-Match`. */
  readonly revalidates?: boolean;
}

/** One large body after the other. */
export interface UploadScenario extends ScenarioBase {
  readonly kind: "upload";
  /** Sent by the parity test: the same form with a small file. */
  readonly requests: readonly ScenarioRequest[];
  readonly path: string;
  /** Of the file, in bytes. */
  readonly bytes: number;
  /** What is around the file. */
  readonly form: { readonly type: string; readonly head: string; readonly tail: string };
}

/** A process from its start to its first answer. */
export interface StartupScenario extends ScenarioBase {
  readonly kind: "startup";
  readonly requests: readonly ScenarioRequest[];
}

/** What a process holds: after its first answer, and with connections that have had one answer each and stay open. */
export interface MemoryScenario extends ScenarioBase {
  readonly kind: "memory";
  readonly requests: readonly ScenarioRequest[];
  readonly connections: number;
}

export type Scenario = LoadScenario | UploadScenario | StartupScenario | MemoryScenario;
