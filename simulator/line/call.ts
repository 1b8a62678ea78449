import type { Argument, Call, CommandForm, DataSink, FinalResult, PromptOptions } from "./command";
import type { ParsedCommand } from "./parse";

/** What a running command needs from its interpreter. */
export interface CallPort {
  /** Throws if the modem restarted since this command began: its output must not reach the line any more. */
  information(parts: readonly (string | Buffer)[], first: boolean): void;
  openPrompt(prompt: string, length: number, timeout?: number, options?: PromptOptions): Promise<Buffer>;
  readonly escaped: boolean;
  openData(text: string, whenEscaped: () => void, received: DataSink): void;
  sendData(bytes: Buffer): Promise<void>;
  conclude(result: FinalResult): void;
  afterResult(work: () => void | Promise<void>): void;
}

/** One command of a line while its handler runs. */
export class RunningCall implements Call {
  readonly #port: CallPort;
  readonly name: string;
  readonly form: CommandForm;
  readonly arguments: readonly Argument[];
  #lines = 0;

  constructor(command: ParsedCommand, port: CallPort) {
    this.#port = port;
    this.name = command.name;
    this.form = command.form;
    this.arguments = command.arguments;
  }

  info(...parts: (string | Buffer)[]): void {
    this.#port.information(parts, this.#lines === 0);
    this.#lines++;
  }

  get escaped(): boolean {
    return this.#port.escaped;
  }

  prompt(
    prompt: ">" | "> " | "@" | "CONNECT",
    length: number,
    timeout?: number,
    options?: PromptOptions,
  ): Promise<Buffer> {
    return this.#port.openPrompt(prompt, length, timeout, options);
  }

  connect(text: string, whenEscaped: () => void = () => undefined, received: DataSink = () => undefined): void {
    this.#port.openData(text, whenEscaped, received);
  }

  raw(bytes: Buffer): Promise<void> {
    return this.#port.sendData(bytes);
  }

  conclude(result: FinalResult): void {
    this.#port.conclude(result);
  }

  afterResult(work: () => void | Promise<void>): void {
    this.#port.afterResult(work);
  }
}
