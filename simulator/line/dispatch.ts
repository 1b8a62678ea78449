import type { CommandDefinition, CommandForm, Handler } from "./command";
import { CommandError } from "./command-error";
import type { ParsedCommand } from "./parse";
import { PlainError } from "./results";

/** "operation not supported" (27.007 9.2): what u-blox answers to a command, or a form of one, that it does not have. */
const NOT_SUPPORTED = 4;

/** All commands of one modem: a personality's, and where it has none, the shared ones. */
export class CommandTable {
  readonly #plainUnknown: boolean;
  readonly #byName = new Map<string, CommandDefinition>();

  /** Earlier definitions go before later ones, form by form. */
  constructor(
    definitions: Iterable<CommandDefinition>,
    /** Commands that are not there are answered with plain `ERROR`, whatever +CMEE says. */
    plainUnknown = false,
  ) {
    this.#plainUnknown = plainUnknown;
    for (const definition of definitions) {
      const earlier = this.#byName.get(definition.name);
      this.#byName.set(definition.name, { ...definition, ...earlier });
    }
  }

  /** @throws {CommandError} for what this modem does not have */
  handler(command: ParsedCommand): Handler {
    const definition = this.#byName.get(command.name);
    const plain = this.#plainUnknown || !command.name.startsWith("+");
    if (definition === undefined && plain) throw new PlainError("unknown command");
    const handler = definition?.[command.form] ?? this.#bareTest(definition, command.form);
    if (handler === undefined) throw new CommandError(NOT_SUPPORTED);
    return handler;
  }

  /** A known command without parameters to list answers its test form with OK (V.250 5.4.4.1). */
  #bareTest(definition: CommandDefinition | undefined, form: CommandForm): Handler | undefined {
    const onlyExecutes = definition?.execute !== undefined && definition.set === undefined;
    return form === "test" && onlyExecutes ? () => undefined : undefined;
  }
}
