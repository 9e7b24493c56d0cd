/** The load of one server in this process, at the moment of reading. */
export interface ServerLoad {
  /** How many connections are open. */
  readonly connections: number;
  /** How many requests are not answered yet; a handler or gate that reads this counts its own request. */
  readonly inFlight: number;
  /** How many requests have been answered since the start. */
  readonly requests: number;
}

/** {@link ServerLoad} with writable counts, for the code that updates them. */
export type Load = { -readonly [Name in keyof ServerLoad]: ServerLoad[Name] };

/** Makes a load that counts from 0. */
export function createLoad(): Load {
  return { connections: 0, inFlight: 0, requests: 0 };
}
