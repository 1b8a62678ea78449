import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TRANSCRIPTS } from "../../support/paths";
import { EXPLAINED_COMMANDS } from "./explained-commands";

interface Transcripts {
  readonly scenarios: readonly { readonly steps: readonly { readonly send?: string }[] }[];
}

const PRINTED = join(TRANSCRIPTS, "bg96.json");

/** Command lines of the guide; a placeholder stands for any number, or file name. */
const PRINTED_COMMANDS: readonly RegExp[] = (JSON.parse(readFileSync(PRINTED, "utf8")) as Transcripts).scenarios
  .flatMap(({ steps }) => steps)
  .flatMap(({ send }) => (send === undefined ? [] : [send]))
  .map((send) => {
    const literal = send.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${literal.replace(/<file_name>/g, '"[^"]+"').replace(/<\w+>/g, "\\d+")}$`);
  });

const KNOWN_COMMANDS = [...PRINTED_COMMANDS, ...EXPLAINED_COMMANDS.map(({ pattern }) => pattern)];

/** Those that neither the guide prints nor the reference explains. */
export function unknownCommands(commands: readonly string[]): string[] {
  return commands.filter((line) => !KNOWN_COMMANDS.some((pattern) => pattern.test(line)));
}
