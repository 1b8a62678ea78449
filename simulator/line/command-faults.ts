import { CommandError } from "./command-error";
import { type ParsedCommand, withoutBlanks } from "./parse";
import { PlainError } from "./results";

/** How much of an answer is lost: all of it, or its final result only. */
export type Loss = "answer" | "result";

interface Fault<T> {
  /** `+CFUN?`, `+CGDCONT=1`, `E1`: the beginning of a command; `+CFUN`, `E`: all of its forms. */
  readonly command: string;
  /** It hits every such command until it is ended, not only the next. */
  readonly lasts: boolean;
  readonly what: T;
}

/** What goes wrong with commands on demand: some are refused, the answers of others are lost on the way. */
export class CommandFaults {
  readonly #refusals = new Faults<CommandError>();
  readonly #losses = new Faults<Loss>();

  /** @param code of +CME ERROR; undefined for a plain ERROR */
  refuse(command: string, code: number | undefined, lasts: boolean): void {
    const what = code === undefined ? new PlainError("refused by a fault") : new CommandError(code);
    this.#refusals.add({ command, lasts, what });
  }

  lose(command: string, what: Loss, lasts: boolean): void {
    this.#losses.add({ command, lasts, what });
  }

  /** Ends the refusals of that command that last. */
  endRefusal(command: string): void {
    this.#refusals.end(command, () => true);
  }

  /** Likewise the losses of that kind. */
  endLoss(command: string, what: Loss): void {
    this.#losses.end(command, (loss) => loss === what);
  }

  /** The error that this command ends with instead of being run. */
  refusalOf(command: ParsedCommand): CommandError | undefined {
    return this.#refusals.take(command);
  }

  /** What of this command's answer is lost. */
  lossOf(command: ParsedCommand): Loss | undefined {
    return this.#losses.take(command);
  }
}

class Faults<T> {
  #all: Fault<T>[] = [];

  add(fault: Fault<T>): void {
    this.#all.push(fault);
  }

  end(command: string, matches: (what: T) => boolean): void {
    this.#all = this.#all.filter((fault) => !fault.lasts || fault.command !== command || !matches(fault.what));
  }

  take(command: ParsedCommand): T | undefined {
    const found = this.#all.find((fault) => begins(command, fault.command));
    if (found?.lasts === false) this.#all = this.#all.filter((fault) => fault !== found);
    return found?.what;
  }
}

function begins({ name, text }: ParsedCommand, wanted: string): boolean {
  const plain = withoutBlanks(wanted.replace(/^AT/i, "")).toUpperCase();
  if (plain === name) return true;
  // `+QI` is not the beginning of `+QISDE`: what follows the name has to be there.
  return plain.startsWith(name) && text.toUpperCase().startsWith(plain);
}
