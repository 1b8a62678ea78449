import type { CommandDefinition, CommandForm, Handler } from "./command";
import { CommandError } from "./command-error";
import type { ParsedCommand } from "./parse";
import { PlainError } from "./results";

/** "operation not supported" (27.007 9.2): u-blox's answer to a command, or a form of one, that it does not have. */
const NOT_SUPPORTED = 4;

/** All commands of one modem: the personality's own, then the shared ones. */
export class CommandTable {
  readonly #plainUnknown: boolean;
  readonly #byName = new Map<string, CommandDefinition>();

  /** Earlier definitions take precedence, form by form. */
  constructor(
    definitions: Iterable<CommandDefinition>,
    /** Unknown commands get a plain `ERROR`, whatever +CMEE says. */
    plainUnknown = false,
  ) {
    this.#plainUnknown = plainUnknown;
    for (const definition of definitions) {
      const earlier = this.#byName.get(definition.name);
      this.#byName.set(definition.name, { ...definition, ...earlier });
    }
  }

  /** @throws {CommandError} if this modem does not have it */
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
