import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DemoInternet } from "../../demo/internet";
import { INTERNET_PORT } from "../../demo/user-directory";
import { needsTool } from "../support/needs";
import { ROOT, type RunningNodeRed, startNodeRed, userDirectory } from "../support/node-red";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const FLOW_NODES = Object.keys(manifest["node-red"].nodes).filter((type) => type !== "modem");
/** Set to take the pictures of the docs anew. */
const PICTURES = process.env.PICTURES === undefined ? undefined : join(ROOT, "docs", "images");

const browserNeed = needsTool("chromium");

describe.skipIf(browserNeed.skip)(`the editor in Chromium${browserNeed.reason}`, () => {
  const internet = new DemoInternet();
  let internetPort: number;
  let nodeRed: RunningNodeRed;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    internetPort = await internet.listen(0);
    nodeRed = await startNodeRed(userDirectory());
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  });

  afterAll(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await internet.close();
  });

  async function open(colorScheme: "light" | "dark"): Promise<void> {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme });
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(nodeRed.url);
    await page.waitForSelector('#red-ui-palette .red-ui-palette-node[data-palette-type="inject"]');
    await page.waitForFunction("Boolean(RED.workspaces.active())");
  }

  async function importExample(...path: string[]): Promise<void> {
    const text = readFileSync(join(ROOT, "examples", ...path), "utf8");
    const flow = text.replaceAll(`127.0.0.1:${INTERNET_PORT}`, `127.0.0.1:${internetPort}`);
    await page.evaluate(`RED.view.importNodes(${flow}, { addFlow: false, touchImport: true, generateIds: false })`);
    await page.mouse.click(640, 300);
  }

  async function picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  async function deploy(): Promise<void> {
    await page.click("#red-ui-header-button-deploy");
    await page.waitForSelector("#red-ui-header-button-deploy.disabled");
  }

  async function edit(type: string): Promise<void> {
    const id = await page.evaluate(`RED.nodes.filterNodes({ type: ${JSON.stringify(type)} })[0].id`);
    await page.evaluate(`RED.editor.edit(RED.nodes.node(${JSON.stringify(id)}))`);
    await page.waitForSelector("#node-dialog-ok", { state: "visible" });
    await page.waitForTimeout(500);
  }

  it("shows every node in the palette, in its own category", async () => {
    await open("light");
    for (const type of FLOW_NODES) {
      const found = await page.locator(`#red-ui-palette .red-ui-palette-node[data-palette-type="${type}"]`).count();
      expect(found, type).toBe(1);
    }
    expect(await page.locator("#red-ui-palette-cellular").count()).toBe(1);
  });

  it("imports an example, edits and deploys it, and the flow answers through the simulated modem", async () => {
    await importExample("http", "HTTP GET on a button.json");
    await edit("modem-http");
    await page.fill("#node-input-name", "Greeting");
    await picture("modem-http-dialog");
    await page.click("#node-dialog-ok");
    await page.waitForSelector("#node-dialog-ok", { state: "detached" });
    await deploy();
    await page.waitForFunction(`RED.nodes.filterNodes({ type: "modem-http" })[0].status?.shape === "dot"`, undefined, {
      timeout: 20_000,
    });
    await picture("flow");
    const answer = page.locator(".red-ui-debug-msg-payload").first();
    await page.evaluate(`RED.sidebar.show("debug")`);
    const inject = await page.evaluate(`RED.nodes.filterNodes({ type: "inject" })[0].id`);
    await page.click(`#${String(inject).replace(/[^\w-]/g, "\\$&")} .red-ui-flow-node-button`);
    await answer.waitFor({ timeout: 20_000 });
    expect(await answer.textContent()).toContain("Hello");
    await picture("flow-ran");
  });

  it("opens every dialog, shows no error in the console, and marks what is invalid", async () => {
    await edit("modem-http");
    await page.click(
      "#node-input-edit-modem, #node-input-lookup-modem, .red-ui-editor-node-config-edit, a.red-ui-button i.fa-pencil",
    );
    await page.waitForSelector("#node-config-input-port", { state: "visible" });
    await page.fill("#node-config-input-port", "");
    await page.waitForTimeout(300);
    expect(await page.locator("#node-config-input-port").getAttribute("class")).toContain("input-error");
    await page.fill("#node-config-input-port", "sim:BG96");
    await page.waitForTimeout(300);
    expect(await page.locator("#node-config-input-port").getAttribute("class")).not.toContain("input-error");
    await picture("modem-dialog");
    await page.click("#node-config-dialog-cancel");
    await page.click("#node-dialog-cancel");
    expect(problems).toEqual([]);
    await page.close();
  });

  it("is readable in the dark theme", async () => {
    await open("dark");
    await page.evaluate(`document.documentElement.classList.add("nr-theme-dark")`);
    await edit("modem-http");
    const contrast: { text: string; background: string } = await page.evaluate(`(() => {
      const input = document.querySelector("#node-input-url");
      const style = getComputedStyle(input);
      return { text: style.color, background: style.backgroundColor };
    })()`);
    expect(contrast.text).not.toBe(contrast.background);
    await picture("dark");
    await page.click("#node-dialog-cancel");
    expect(problems).toEqual([]);
    await page.close();
  });

  it("needs the browser that Debian ships", () => {
    expect(existsSync(CHROMIUM)).toBe(true);
  });
});
