import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type RunningNodeRed, startNodeRed, userDirectory } from "../support/node-red";
import { EditorPage, launchBrowser } from "./editor-page";

export interface RunningEditor {
  readonly nodeRed: RunningNodeRed;
  readonly editor: EditorPage;
  /** Opens the editor a second time, in the dark theme. */
  openDark(): Promise<EditorPage>;
}

/** Opens a flow in the editor for the tests of a suite, each of which fails for whatever the page complains about. */
export function useEditor(flow: readonly object[], opened: (running: RunningEditor) => void): void {
  let nodeRed: RunningNodeRed;
  let browser: Browser;
  let editor: EditorPage;

  beforeAll(async () => {
    nodeRed = await startNodeRed(userDirectory(), flow);
    browser = await launchBrowser();
    editor = await EditorPage.open(browser, nodeRed.url);
    opened({ nodeRed, editor, openDark: () => EditorPage.open(browser, nodeRed.url, "dark") });
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  beforeEach(({ onTestFailed }) => {
    // A dialog that is still open is in the way of the next test.
    onTestFailed(() => editor.reload());
  });

  afterEach(() => {
    expect(editor.problems.splice(0)).toEqual([]);
  });
}
