import type { Channel, UrcWaiter } from "../../../driver/at/channel-types";
import type { Command, Response } from "../../../driver/at/command";
import type { DataLink } from "../../../driver/at/data-mode/link";
import type { Dialect } from "../../../driver/at/dialect";
import type { Line } from "../../../driver/at/line";
import { ModemError } from "../../../driver/errors";

/** Lines of an answer, or the number of a +CME ERROR; a function is asked anew at every sending. */
export type Answer = readonly string[] | number | "ERROR" | "TIMEOUT";
export type Script = Record<string, Answer | (() => Answer)>;

/** A channel whose answers stand in a table. A command that is not in it fails the test. */
export class ScriptedChannel implements Channel {
  readonly bytesPerSecond = undefined;
  /** Command lines in the order in which they were sent, secrets included. */
  readonly sent: string[] = [];
  readonly labels: string[] = [];
  readonly #script: Script;
  readonly #listeners = new Set<{ prefix: string; listener: (line: Line) => void }>();

  constructor(script: Script) {
    this.#script = script;
  }

  async send(command: Command): Promise<Response> {
    this.sent.push(command.line);
    this.labels.push(command.label);
    const entry = this.#script[command.line];
    const answer = typeof entry === "function" ? entry() : entry;
    const label = command.label;
    if (answer === undefined) throw new Error(`not in the script: ${command.line}`);
    if (answer === "TIMEOUT") throw new ModemError("MODEM_TIMEOUT", `${label} was not answered`);
    if (answer === "ERROR")
      throw new ModemError("MODEM_REJECTED", `${label}: ERROR`, { command: label, result: "ERROR" });
    if (typeof answer === "number") {
      const result = `+CME ERROR: ${answer}`;
      throw new ModemError("MODEM_REJECTED", `${label}: ${result}`, { command: label, result, errorCode: answer });
    }
    const lines = answer.map((text): Line => ({ text, data: [] }));
    const expected = lines.filter((line) => expects(command, line));
    for (const line of lines) if (!expected.includes(line)) this.urc(line.text);
    return { lines: expected };
  }

  async openData(): Promise<DataLink> {
    throw new Error("no procedure of this layer opens data mode");
  }

  /** Prints an unsolicited line. */
  urc(text: string): void {
    for (const { prefix, listener } of [...this.#listeners]) {
      if (text.startsWith(prefix)) listener({ text, data: [] });
    }
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  onUrc(prefix: string, listener: (line: Line) => void): () => void {
    const entry = { prefix, listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  waitForUrc<T>(): UrcWaiter<T> {
    throw new Error("no procedure of this layer waits for a URC");
  }

  note(_text: string): void {}

  useDialect(_dialect: Dialect): void {}
}

function expects(command: Command, line: Line): boolean {
  return (command.expects ?? []).some(({ prefix, accepts }) => {
    const isBare = !/^[+^%*#]/.test(line.text);
    const fits = prefix === "any" || (prefix === "bare" ? isBare : line.text.startsWith(prefix));
    return fits && (accepts?.(line) ?? true);
  });
}
