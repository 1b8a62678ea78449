import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { NODE_RED_HOME } from "../support/node-red";
import { ROOT } from "../support/paths";

const version: string = JSON.parse(readFileSync(join(NODE_RED_HOME, "package.json"), "utf8")).version;
/** Node-RED 5 brings one. */
const HAS_DARK_THEME = Number.parseInt(version, 10) >= 5;

/** Stands for a theme of Node-RED 4, which has none of its own: the variables that such packages set. */
const DARK_VARIABLES = `:root {
  --red-ui-primary-text-color: #ddd; --red-ui-secondary-text-color: #bbb; --red-ui-form-text-color: #eee;
  --red-ui-primary-background: #222; --red-ui-secondary-background: #282828; --red-ui-form-input-background: #111;
  --red-ui-form-background: #282828; --red-ui-secondary-border-color: #555; --red-ui-form-input-border-color: #555;
  --red-ui-text-color-error: #f2777a;
}`;

/** Where Debian keeps it. */
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
const PACKAGE = "@cellular-flows/node-red-modem";
const IMAGES = join(ROOT, "docs", "images");
/** Of the window, in pixels. */
const WIDTH = 1280;
const HEIGHT = 640;
/** ms; the machine may be busy. */
const PATIENCE = 30_000;

const FIND_LOW_CONTRAST = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [r, g, b] = parse(color).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    const alpha = parse(color)[3] ?? 1;
    return alpha > 0 || element.parentElement === null ? color : behind(element.parentElement);
  };
  const shown = [...document.querySelectorAll(".cellular-modem-dialog :is(label, input, select, textarea, .cellular-modem-section, .cellular-modem-note, .cellular-modem-stored, .cellular-modem-certificate div)")]
    .filter((element) => element.offsetParent !== null && element.type !== "checkbox");
  if (shown.length === 0) return ["nothing is shown"];
  return shown.flatMap((element) => {
    const [light, dark] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    return ratio >= 4.5 ? [] : [(element.id || element.textContent.trim()) + " " + ratio.toFixed(1)];
  });
})()`;

export interface EditorNode {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly z: string;
  readonly valid: boolean;
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

/** Node-RED's editor as a user has it before them. */
export class EditorPage {
  /** What the browser's console called an error. */
  readonly problems: string[] = [];
  readonly #dark: boolean;

  private constructor(
    readonly page: Page,
    dark: boolean,
  ) {
    this.#dark = dark;
  }

  static async open(browser: Browser, url: string, colorScheme: "light" | "dark" = "light"): Promise<EditorPage> {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, colorScheme });
    page.setDefaultTimeout(PATIENCE);
    const editor = new EditorPage(page, colorScheme === "dark");
    page.on("console", (message) => {
      if (message.type() === "error") editor.problems.push(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => editor.problems.push(error.message));
    await page.goto(url);
    await editor.#ready();
    if (colorScheme === "dark") await editor.#darken();
    return editor;
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.#ready();
  }

  async #darken(): Promise<void> {
    if (!HAS_DARK_THEME) {
      await this.page.addStyleTag({ content: DARK_VARIABLES });
      return;
    }
    await this.page.evaluate('RED.settings.setLocal("view-dark-theme", "auto")');
    await this.reload();
    await this.page.waitForSelector("html.nr-theme-dark", { state: "attached" });
  }

  async #ready(): Promise<void> {
    // Hidden where a search that was typed before a reload is still in force.
    const inject = '#red-ui-palette .red-ui-palette-node[data-palette-type="inject"]';
    await this.page.waitForSelector(inject, { state: "attached" });
    await this.page.waitForFunction("Boolean(RED.workspaces.active())");
    await this.page.waitForSelector("#red-ui-loading-progress, .red-ui-loading", { state: "hidden" });
  }

  /** In the category that this package brings. */
  paletteNode(type: string): Locator {
    return this.page.locator(`#red-ui-palette-container-cellular .red-ui-palette-node[data-palette-type="${type}"]`);
  }

  /** By the menu's Import → Examples, and then shows the flow. */
  async importExample(topic: string, name: string, label: string): Promise<void> {
    await this.page.evaluate('RED.actions.invoke("core:show-examples-import-dialog")');
    const dialog = this.page.locator(".red-ui-clipboard-dialog-box, .ui-dialog").filter({ visible: true }).last();
    for (const entry of [PACKAGE, topic, name]) {
      const text = dialog.locator(".red-ui-treeList-label-text").getByText(entry, { exact: true });
      await text.waitFor();
      // What slides open is not where it was when the button goes down.
      await this.page.waitForFunction("$(':animated').length === 0");
      await text.click();
    }
    await this.page.click("#red-ui-clipboard-dialog-ok");
    await dialog.waitFor({ state: "hidden" });
    await this.showFlow(label);
  }

  async showFlow(label: string): Promise<void> {
    const flow = `RED.nodes.getWorkspaceOrder().find((id) => RED.nodes.workspace(id)?.label === ${JSON.stringify(label)})`;
    await this.page.waitForFunction(flow);
    await this.page.evaluate(`RED.workspaces.show(${flow})`);
  }

  /** Every node of all flows, config nodes included. */
  nodes(): Promise<EditorNode[]> {
    return this.page.evaluate(`(() => {
      const nodes = [];
      const add = ({ id, type, name, z, valid }) => { nodes.push({ id, type, name, z, valid }); };
      RED.nodes.eachNode(add);
      RED.nodes.eachConfig(add);
      return nodes;
    })()`);
  }

  async find(type: string): Promise<EditorNode> {
    const node = (await this.nodes()).find((candidate) => candidate.type === type);
    if (node === undefined) throw new Error(`no ${type} in the editor`);
    return node;
  }

  async removeFlow(label: string): Promise<void> {
    await this.showFlow(label);
    await this.page.evaluate('RED.actions.invoke("core:remove-flow")');
  }

  onCanvas({ id }: EditorNode): Locator {
    return this.page.locator(`.red-ui-flow-node-group[id="${id}"]`);
  }

  async deploy(): Promise<void> {
    // The button is disabled already while the flows are on their way.
    const isDeployed = this.page.waitForResponse(
      (response) => response.request().method() === "POST" && new URL(response.url()).pathname.endsWith("/flows"),
    );
    await this.page.click("#red-ui-header-button-deploy");
    await isDeployed;
    await this.page.waitForSelector("#red-ui-header-button-deploy.disabled");
  }

  async pressInject(): Promise<void> {
    await this.onCanvas(await this.find("inject"))
      .locator(".red-ui-flow-node-button-button")
      .click();
  }

  /** Opens a node's dialog by a double click. */
  async openDialog(node: EditorNode): Promise<Dialog> {
    await this.onCanvas(node).locator(".red-ui-flow-node").dblclick();
    const dialog = new Dialog(this.page, "node-input", "node-dialog");
    await dialog.opened();
    return dialog;
  }

  /** Opens the dialog of the config node that the open dialog's node names. */
  async openConfig(property: "modem" | "tls" | "broker"): Promise<Dialog> {
    await this.page.click(`#node-input-btn-${property}-edit`);
    const dialog = new Dialog(this.page, "node-config-input", "node-config-dialog");
    await dialog.opened();
    return dialog;
  }

  /**
   * Of the window, or of the open dialog alone, saved below docs/images when `PICTURES` is set; without toasts.
   * Light pictures are of Node-RED 4, dark ones of Node-RED 5.
   */
  async picture(name: string, height: number, what: "window" | "dialog" = "window"): Promise<void> {
    if (process.env.PICTURES === undefined || this.#dark !== HAS_DARK_THEME) return;
    mkdirSync(IMAGES, { recursive: true });
    await this.page.waitForFunction("$('.red-ui-notification:visible').length === 0");
    await this.page.mouse.move(1, 1);
    await this.page.setViewportSize({ width: WIDTH, height });
    const subject = what === "window" ? this.page : this.page.locator(".red-ui-tray").last();
    await subject.screenshot({ path: join(IMAGES, `${name}.png`) });
    await this.page.setViewportSize({ width: WIDTH, height: HEIGHT });
  }
}

/** An edit dialog. */
export class Dialog {
  readonly #page: Page;
  readonly #prefix: string;
  readonly #buttons: string;

  constructor(page: Page, prefix: string, buttons: string) {
    this.#page = page;
    this.#prefix = prefix;
    this.#buttons = buttons;
  }

  /** Waits till the dialog has slid in and shows its fields, which comes a moment after its buttons. */
  async opened(): Promise<void> {
    const button = this.#page.locator(`#${this.#buttons}-ok`);
    await button.waitFor();
    await this.#page.locator(".red-ui-tray").last().locator(".cellular-modem-dialog label").first().waitFor();
    await this.#page.waitForFunction("!$('.red-ui-editor-stack .red-ui-tray').is(':animated')");
    await button.click({ trial: true });
  }

  field(name: string): Locator {
    return this.#page.locator(`#${this.#prefix}-${name}`);
  }

  /** Types a text in and leaves the field. */
  async fill(name: string, text: string): Promise<void> {
    await this.field(name).fill(text);
    await this.field(name).dispatchEvent("change");
  }

  /** What the dialog says about a value: nothing, or what is wrong with it. */
  async complaint(name: string): Promise<string | undefined> {
    const field = this.field(name);
    if (!((await field.getAttribute("class")) ?? "").includes("input-error")) return undefined;
    const tooltip = `$("#${this.#prefix}-${name}").data("tooltip")`;
    await this.#page.evaluate(`${tooltip}.open()`);
    const popover = this.#page.locator(".red-ui-popover").filter({ visible: true }).first();
    const text = await popover.textContent();
    await this.#page.evaluate(`${tooltip}.close(true)`);
    return text ?? "";
  }

  /** The help that its button shows in the sidebar. */
  async help(): Promise<string> {
    await this.#page.locator(".red-ui-tray-footer .fa-book").last().click();
    const help = this.#page.locator(".red-ui-help").filter({ visible: true }).first();
    await help.waitFor();
    return (await help.textContent()) ?? "";
  }

  /** Visible texts and fields whose contrast is below 4.5 : 1, the least that WCAG 2.2 (1.4.3) allows. */
  hardToRead(): Promise<string[]> {
    return this.#page.evaluate(FIND_LOW_CONTRAST);
  }

  /** Visible check boxes that do not stand below the other fields' left edge, whatever the dialog. */
  misplacedBoxes(): Promise<string[]> {
    return this.#page.evaluate(`(() => {
      const left = (element) => element.getBoundingClientRect().left;
      const edge = left(document.getElementById("${this.#prefix}-name"));
      return [...document.querySelectorAll(".cellular-modem-dialog input[type=checkbox]")]
        .filter((box) => box.offsetParent !== null && Math.abs(left(box) - edge) > 4)
        .map(({ id }) => id);
    })()`);
  }

  save(): Promise<void> {
    return this.#close("ok");
  }

  cancel(): Promise<void> {
    return this.#close("cancel");
  }

  async #close(button: "ok" | "cancel"): Promise<void> {
    await this.#page.click(`#${this.#buttons}-${button}`);
    await this.#page.waitForSelector(`#${this.#buttons}-${button}`, { state: "detached" });
  }
}
