import { SHARED_CATALOGUE } from "./shared-catalogue";
import type { Runtime } from "./types";

/** A text of the shared catalogue in the language of the server. */
export function sharedText(RED: Runtime, key: string, values: Readonly<Record<string, string>> = {}): string {
  return RED._(`${SHARED_CATALOGUE}:${key}`, values);
}
