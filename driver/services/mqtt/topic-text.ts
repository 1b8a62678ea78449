/** MQTT 3.1.1, 1.5.3: a string has at most so many bytes. */
export const MAX_STRING = 65_535;

/** What keeps a text from being a string of MQTT that an AT command can carry. */
export type TextFault = "empty" | "length" | "quotes" | "control" | "surrogate";
/** `wildcard`: a topic that is published to has none. `plus`, `hash`: beside others in a level. `last`: # before the end. */
export type TopicFault = TextFault | "wildcard";
export type FilterFault = TextFault | "plus" | "hash" | "last";

/** Bytes as UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** @param max bytes */
export function textFault(text: string, max = MAX_STRING): TextFault | undefined {
  if (text === "") return "empty";
  // A character has one to three bytes for each of its code units.
  if (text.length > max || byteLength(text) > max) return "length";
  if (text.includes('"')) return "quotes";
  if (/\p{Cc}/u.test(text)) return "control";
  return /\p{Cs}/u.test(text) ? "surrogate" : undefined;
}

/** Of the name of a topic that is published to (MQTT 3.1.1, 4.7). @param max bytes */
export function topicFault(topic: string, max?: number): TopicFault | undefined {
  return textFault(topic, max) ?? (isWildcard(topic) ? "wildcard" : undefined);
}

/** Of what is subscribed to (MQTT 3.1.1, 4.7.1). @param max bytes */
export function filterFault(filter: string, max?: number): FilterFault | undefined {
  const fault = textFault(filter, max);
  if (fault !== undefined) return fault;
  const level = filter.split("/").find((one) => one.length > 1 && isWildcard(one));
  if (level !== undefined) return level.includes("#") ? "hash" : "plus";
  return filter.includes("#") && filter.indexOf("#") < filter.length - 1 ? "last" : undefined;
}

/** Whether a filter stands for more than one topic. */
export function isWildcard(filter: string): boolean {
  return /[+#]/.test(filter);
}
