import { invalid } from "../common/errors";
import { isEmpty } from "../common/message/input";
import type { ObservableModem } from "../common/types";
import { topicOf } from "./lines";

/** A message of the second output. */
export interface UrcMessage {
  readonly topic: string;
  readonly payload: { line: string; fields: string[]; text?: string };
}

/** The prefixes of the dialog. @throws {ModemError} `INVALID_INPUT` */
export function urcPrefixes(value: unknown): string[] {
  if (isEmpty(value)) return [];
  const prefixes: unknown = typeof value === "string" ? value.split(/[,\s]+/) : value;
  if (!Array.isArray(prefixes) || !prefixes.every((prefix) => typeof prefix === "string")) {
    throw invalid("urcs", "must be a list of texts");
  }
  return prefixes.map((prefix) => prefix.trim()).filter((prefix) => prefix !== "");
}

/** Emits the unsolicited lines that begin with one of the prefixes; returns a function that stops it. */
export function relayUrcs(
  modem: ObservableModem,
  prefixes: readonly string[],
  emit: (message: UrcMessage) => void,
): () => void {
  const listener = ({ text, fields, body }: { text: string; fields: string[]; body?: string }) => {
    if (!prefixes.some((prefix) => text.startsWith(prefix))) return;
    emit({
      topic: topicOf(text),
      payload: { line: text, fields: [...fields], ...(body === undefined ? {} : { text: body }) },
    });
  };
  modem.on("urc", listener);
  return () => modem.off("urc", listener);
}
