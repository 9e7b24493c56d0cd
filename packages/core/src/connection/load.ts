/** What a server has to do in this process: the numbers of now. */
export interface ServerLoad {
  /** Open connections. */
  readonly connections: number;
  /** Requests that are not answered yet, the one that is looked at included. */
  readonly inFlight: number;
  /** Requests answered since the start. */
  readonly requests: number;
}

/** The same, for whoever counts. */
export type Load = { -readonly [Name in keyof ServerLoad]: ServerLoad[Name] };

/** Nothing yet. */
export function createLoad(): Load {
  return { connections: 0, inFlight: 0, requests: 0 };
}
