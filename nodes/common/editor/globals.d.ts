import type { EditorRED } from "node-red";

declare global {
  /** The editor, as Node-RED puts it into the page. */
  const RED: EditorRED;

  interface JQuery<TElement = HTMLElement> {
    /** Node-RED's own widget, which its published types leave out. */
    autoComplete(options: {
      minLength: number;
      search(value: string, done: (choices: { value: string; label: JQuery }[]) => void): void;
    }): this;
  }
}
