/** The types of `_data.js`. The programs in this folder are JavaScript, but the harness is TypeScript. */
export const HELLO: { readonly message: string };
export const ROUTE_NAMES: readonly string[];
export const CATALOGS: Readonly<Record<string, readonly object[]>>;
export const RESPONSE_HEADERS: Readonly<Record<string, string>>;
export const RATE_LIMIT: number;
export const WAIT: number;
export const WORK: number;
export const EVENT_HEADERS: Readonly<Record<string, string>>;
export const EVENT_INTERVAL: number;
export const HEARTBEAT: number;
export const FILES: Readonly<Record<"1k.txt" | "100k.txt" | "10m.txt", number>>;
