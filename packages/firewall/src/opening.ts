/** Opens one port in the firewall in the background, and closes it again when the server stops. */
import type { Logger } from "@packetron/core";
import { isPacketronError } from "@packetron/core/capability";
import type { Endpoint } from "./endpoint.ts";
import { firewallError } from "./errors.ts";
import { linuxRules } from "./linux.ts";
import type { Machine } from "./machine.ts";
import type { Rule } from "./rule.ts";
import { createRun } from "./run-command.ts";
import { windowsRule } from "./windows.ts";

/** An open port: the constructor begins to open it. Never throws; all failures together are one log line. */
export class Opening {
  readonly #endpoint: Endpoint;
  readonly #machine: Machine;
  readonly #log: Logger;
  readonly #added: Rule[] = [];
  readonly #problems: Error[] = [];
  readonly #done: Promise<void>;
  #closed: Promise<void> | null = null;

  constructor(endpoint: Endpoint, machine: Machine, log: Logger) {
    this.#endpoint = endpoint;
    this.#machine = machine;
    this.#log = log;
    this.#done = this.#open();
  }

  /** Removes the rules that this object has added, within the machine's `timeoutMs`. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const deadline = performance.now() + this.#machine.timeoutMs;
    await this.#done;
    await Promise.all(this.#added.map((rule) => this.#remove(rule, deadline - performance.now())));
  }

  async #open(): Promise<void> {
    try {
      for (const rule of await this.#rules()) await this.#add(rule);
    } catch (error) {
      this.#note(error);
    }
    this.#report();
  }

  async #rules(): Promise<Rule[]> {
    const { platform } = this.#machine;
    const run = createRun(this.#machine);
    if (platform === "linux") return linuxRules(this.#endpoint, run);
    if (platform === "win32") return [windowsRule(this.#endpoint, run)];
    throw firewallError("PKT_FIREWALL_UNSUPPORTED", { platform });
  }

  /** Adds one rule. If this fails, the other rules are still added: without ip6tables, IPv4 works. */
  async #add(rule: Rule): Promise<void> {
    try {
      if (this.#closed !== null || (await rule.exists())) return;
      if (this.#closed !== null || !(await rule.add())) return;
      this.#added.push(rule);
    } catch (error) {
      this.#note(error);
    }
  }

  async #remove(rule: Rule, timeoutMs: number): Promise<void> {
    try {
      await rule.remove(Math.max(timeoutMs, 1));
    } catch (err) {
      const command = rule.removal.join(" ");
      this.#log.warn({ err, command }, "a firewall rule was not removed; run the command in this line");
    }
  }

  #note(error: unknown): void {
    const problem = error instanceof Error ? error : new Error(String(error));
    if (!this.#problems.some(({ message }) => message === problem.message)) this.#problems.push(problem);
  }

  #report(): void {
    const { port } = this.#endpoint;
    const programs = this.#added.map(({ program }) => program);
    if (programs.length > 0)
      this.#log.info({ port, programs }, "the port is open in the firewall until the server stops");
    const [err, ...others] = this.#problems;
    if (err === undefined) return;
    const also = others.map((other) => (isPacketronError(other) ? other.message : String(other)));
    const fields = also.length === 0 ? { err, port } : { err, port, also };
    this.#log.warn(
      fields,
      "the port is not open in the firewall, or not for both versions of IP; the server continues",
    );
  }
}
