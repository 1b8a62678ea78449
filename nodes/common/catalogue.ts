import type { Runtime } from "./types";

/** The catalogue of the config node holds the texts that all nodes share. */
export const SHARED_CATALOGUE = "@cellular-flows/node-red-modem/modem";

/** A text of the shared catalogue in the language of the server. */
export function sharedText(RED: Runtime, key: string, values: Readonly<Record<string, string>> = {}): string {
  return RED._(`${SHARED_CATALOGUE}:${key}`, values);
}
