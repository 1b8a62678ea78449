import { SHARED_CATALOGUE } from "../shared-catalogue";

/** A text that all nodes share, in the language of the editor. */
export function sharedText(key: string, values: Record<string, string | number> = {}): string {
  return RED._(`${SHARED_CATALOGUE}:${key}`, values);
}
