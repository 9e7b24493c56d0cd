/** A client of Node's debugger, by the DevTools protocol. */
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** What the debugger sends: the result of a command, or an event. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Paused;
}

/** The event of a breakpoint. */
interface Paused {
  readonly callFrames: readonly { readonly location: { readonly lineNumber: number } }[];
}

/** A connection to the debugger of a process. */
export interface DebugSession {
  /** Sends a command, and resolves when the debugger has answered. */
  send(method: string, params?: object): Promise<unknown>;
  /** Resolves at the next breakpoint. */
  paused(): Promise<Paused | undefined>;
}

/** Connects to the debugger of a process; closed at the end of the test. */
export async function attach(url: string): Promise<DebugSession> {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.close());
  await once(socket, "open");
  let commands = 0;
  const receive = (isWanted: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        const message: Message = JSON.parse(data);
        if (isWanted(message)) resolve(message);
      });
    });
  return {
    send(method, params = {}) {
      const command = ++commands;
      const answer = receive(({ id }) => id === command);
      socket.send(JSON.stringify({ id: command, method, params }));
      return answer;
    },
    paused: async () => (await receive(({ method }) => method === "Debugger.paused")).params,
  };
}
