import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needsTool } from "../support/needs";
import { type RunningNodeRed, startNodeRed, userDirectory } from "../support/node-red";
import { ROOT } from "../support/paths";
import { EditorPage, launchBrowser } from "./editor-page";

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const CONFIG_NODES = ["modem", "modem-tls", "modem-broker"];
const FLOW_NODES = Object.keys(manifest["node-red"].nodes).filter((type) => !CONFIG_NODES.includes(type));
const EXAMPLES = join(ROOT, "examples");

interface ExampleNode {
  readonly type: string;
  readonly label?: string;
}

/** Folder, name and tab of each example. */
function examples(): { topic: string; name: string; label: string }[] {
  return readdirSync(EXAMPLES).flatMap((topic) =>
    readdirSync(join(EXAMPLES, topic)).map((file) => {
      const nodes: ExampleNode[] = JSON.parse(readFileSync(join(EXAMPLES, topic, file), "utf8"));
      const label = nodes.find(({ type }) => type === "tab")?.label ?? "";
      return { topic, name: file.replace(/\.json$/, ""), label };
    }),
  );
}

const browserNeed = needsTool("chromium");

describe.skipIf(browserNeed.skip)(`the editor in Chromium${browserNeed.reason}`, { timeout: 90_000 }, () => {
  let nodeRed: RunningNodeRed;
  let browser: Browser;
  let editor: EditorPage;

  beforeAll(async () => {
    nodeRed = await startNodeRed(userDirectory());
    browser = await launchBrowser();
    editor = await EditorPage.open(browser, nodeRed.url);
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  it("shows every node in the palette, in a category of their own", async () => {
    for (const type of FLOW_NODES) {
      expect(await editor.paletteNode(type).count(), type).toBe(1);
    }
  });

  it.each(examples())("imports the example $name with nodes that are all known and valid", async (example) => {
    const before = new Set((await editor.nodes()).map(({ id }) => id));
    await editor.importExample(example.topic, example.name, example.label);
    const added = (await editor.nodes()).filter(({ id }) => !before.has(id));
    expect(added.length).toBeGreaterThan(3);
    expect(added.filter(({ type, valid }) => type === "unknown" || !valid)).toEqual([]);
    await editor.page.evaluate('RED.actions.invoke("core:undo")');
    expect((await editor.nodes()).length).toBe(before.size);
    expect(editor.problems).toEqual([]);
  });

  it("imports an example, edits and deploys it, and the flow answers through the simulated modem", async () => {
    await editor.importExample("http", "HTTP GET on a button", "HTTP GET on a button");
    await editor.removeFlow("Flow 1");
    const http = await editor.openDialog(await editor.find("modem-http"));
    await http.fill("name", "Get the greeting");
    const modem = await editor.openConfig("modem");
    await modem.fill("port", "sim:LARA-R6?name=edited&baud=115200");
    await modem.save();
    await http.save();
    await editor.deploy();
    const node = editor.onCanvas(await editor.find("modem-http"));
    await node.locator(".red-ui-flow-node-status-dot-green").waitFor();
    expect(await node.locator(".red-ui-flow-node-status-label").textContent()).toMatch(/^ready/);

    await editor.page.evaluate('RED.sidebar.show("debug")');
    await editor.pressInject();
    const messages = editor.page.locator(".red-ui-debug-msg");
    await messages.nth(1).waitFor();
    const shown = await messages.allTextContents();
    expect(shown.find((text) => text.includes("Page"))).toContain("Hello from the other side of the modem.");
    expect(shown.find((text) => text.includes("Status code"))).toContain("200");
    await editor.page.locator("#red-ui-palette-search input").pressSequentially("modem");
    await editor.page.mouse.click(500, 550);
    await editor.picture("flow-ran", 440);
    expect(editor.problems).toEqual([]);
  });

  it("keeps an edited value over deploy and reload", async () => {
    await editor.reload();
    await editor.showFlow("HTTP GET on a button");
    const http = await editor.openDialog(await editor.find("modem-http"));
    expect(await http.field("name").inputValue()).toBe("Get the greeting");
    const modem = await editor.openConfig("modem");
    expect(await modem.field("port").inputValue()).toContain("name=edited");
    await modem.cancel();
    await http.cancel();
  });
});
