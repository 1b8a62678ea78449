import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MODEM_DEFAULTS } from "../../nodes/modem/types";
import { MODEM_AT_DEFAULTS } from "../../nodes/modem-at/types";
import { MODEM_HTTP_DEFAULTS } from "../../nodes/modem-http/types";
import { MODEM_PDP_DEFAULTS } from "../../nodes/modem-pdp/types";
import { MODEM_TLS_DEFAULTS } from "../../nodes/modem-tls/types";
import { needsTool } from "../support/needs";
import { ROOT } from "../support/paths";
import type { Dialog, EditorPage } from "./editor-page";
import { type RunningEditor, useEditor } from "./use-editor";

const URL = "https://example.com/{{topic}}";
const FLOW = [
  { id: "f1", type: "tab", label: "All nodes" },
  { ...MODEM_DEFAULTS, id: "c1", type: "modem", version: 1, name: "Pump station", port: "/dev/ttyUSB0" },
  { ...MODEM_TLS_DEFAULTS, id: "s1", type: "modem-tls", version: 1, name: "Our servers" },
  { ...MODEM_HTTP_DEFAULTS, id: "h1", type: "modem-http", url: URL, tls: "s1", y: 80, wires: [[]] },
  { ...MODEM_PDP_DEFAULTS, id: "p1", type: "modem-pdp", y: 160, wires: [[], []] },
  { ...MODEM_AT_DEFAULTS, id: "a1", type: "modem-at", command: "AT+CSQ", y: 240, wires: [[], []] },
].map((node) => ("y" in node ? { ...node, z: "f1", version: 1, name: "", modem: "c1", x: 200 } : node));

/** For each field: texts that it takes, and texts that it marks, each with words that the message says. */
interface FieldCases {
  readonly field: string;
  readonly valid: readonly string[];
  readonly invalid: Readonly<Record<string, string>>;
}

const NUMBERS = { none: "number", "-1": "number" };
/** An environment variable, which the runtime puts in. */
const ENVIRONMENT = ["$", "{PORT}"].join("");
const UNSAFE = { 'a"b': "quotation marks", naïve: "ASCII" };
const HALF_TAG = { "{{topic": "not closed" };

const MODEM: FieldCases[] = [
  {
    field: "port",
    valid: [
      "sim:BG96",
      "sim:LARA-R6?baud=115200&latency=40",
      "tcp://10.0.0.1:2000",
      "/dev/serial/by-id/x",
      "COM3",
      ENVIRONMENT,
    ],
    invalid: { "": "filled in", "tcp://10.0.0.1": "tcp://host:port", "sim:": "sim:LARA-R6" },
  },
  { field: "baudRate", valid: ["9600", "921600"], invalid: { ...NUMBERS, "100": "from 300" } },
  { field: "apn", valid: ["", "internet.example"], invalid: UNSAFE },
  { field: "cid", valid: ["1", "16"], invalid: { ...NUMBERS, "17": "to 16", "1.5": "whole" } },
  { field: "mnoProfile", valid: ["", "90", "0"], invalid: { x: "whole number" } },
  { field: "timeout", valid: ["1.5", "60"], invalid: NUMBERS },
  { field: "queue", valid: ["0", "1000"], invalid: NUMBERS },
];
const HTTP: FieldCases[] = [
  { field: "url", valid: ["", "http://x.example/{{topic}}", "{{{payload.url}}}"], invalid: HALF_TAG },
  { field: "timeout", valid: ["30", "1.5", ENVIRONMENT], invalid: NUMBERS },
];
const PDP: FieldCases[] = [
  { field: "host", valid: ["", "example.com", "{{host}}"], invalid: HALF_TAG },
  { field: "cid", valid: ["", "3"], invalid: { "0": "from 1" } },
  { field: "apn", valid: ["", "iot"], invalid: UNSAFE },
  { field: "primaryDns", valid: ["", "9.9.9.9", "2620:fe::fe"], invalid: { "9.9.9": "IP address", dns: "IP address" } },
  { field: "secondaryDns", valid: ["", "9.9.9.9"], invalid: { "9.9.9.999": "IP address" } },
];
const AT: FieldCases[] = [
  { field: "command", valid: ["", "AT+CSQ", "{{payload}}"], invalid: HALF_TAG },
  { field: "timeout", valid: ["5"], invalid: NUMBERS },
];

const browserNeed = needsTool("chromium");

describe.skipIf(browserNeed.skip)(`the nodes' dialogs in Chromium${browserNeed.reason}`, { timeout: 90_000 }, () => {
  let editor: EditorPage;
  let openDark: RunningEditor["openDark"];

  useEditor(FLOW, (running) => {
    ({ editor, openDark } = running);
  });

  async function check(dialog: Dialog, cases: readonly FieldCases[]): Promise<void> {
    for (const { field, valid, invalid } of cases) {
      for (const [text, words] of Object.entries(invalid)) {
        await dialog.fill(field, text);
        expect(await dialog.complaint(field), `${field}: ${text}`).toContain(words);
      }
      for (const text of valid) {
        await dialog.fill(field, text);
        expect(await dialog.complaint(field), `${field}: ${text}`).toBeUndefined();
      }
    }
  }

  it("modem-http: marks what is invalid and says why, shows what the choices ask for, takes header fields", async () => {
    const dialog = await editor.openDialog(await editor.find("modem-http"));
    await check(dialog, HTTP);
    expect(await dialog.field("contentType").isVisible()).toBe(false);
    await dialog.field("method").selectOption("POST");
    await check(dialog, [{ field: "contentType", valid: ["", "text/plain"], invalid: UNSAFE }]);
    expect(await dialog.field("password").isVisible()).toBe(false);
    await dialog.field("authType").selectOption("basic");
    expect(await dialog.field("password").getAttribute("type")).toBe("password");
    await dialog.field("user").fill("alice");
    await editor.page.click(".red-ui-editableList-addButton");
    const header = editor.page.locator(".cellular-modem-header-row .red-ui-typedInput-input");
    await header.nth(0).fill("X-Device");
    await header.nth(1).fill("pump 7");
    await dialog.fill("url", URL);
    await dialog.fill("timeout", "120");
    await editor.picture("modem-http-dialog", 990, "dialog");
    await dialog.save();
    await editor.deploy();
    await editor.reload();
    const again = await editor.openDialog(await editor.find("modem-http"));
    expect(await again.field("method").inputValue()).toBe("POST");
    expect(await again.field("user").inputValue()).toBe("alice");
    expect(await header.nth(0).inputValue()).toBe("X-Device");
    expect(await header.nth(1).inputValue()).toBe("pump 7");
    await again.cancel();
  });

  it("modem-pdp: marks what is invalid and says why, and shows the fields of the action", async () => {
    const dialog = await editor.openDialog(await editor.find("modem-pdp"));
    await check(dialog, PDP);
    await dialog.field("action").selectOption("ping");
    expect(await dialog.field("host").isVisible()).toBe(true);
    expect(await dialog.field("apn").isVisible()).toBe(false);
    await dialog.field("action").selectOption("activate");
    expect(await dialog.field("host").isVisible()).toBe(false);
    expect(await dialog.field("apn").isVisible()).toBe(true);
    await dialog.cancel();
  });

  it("modem-at: marks what is invalid and says why", async () => {
    const dialog = await editor.openDialog(await editor.find("modem-at"));
    await check(dialog, AT);
    await dialog.cancel();
  });

  it("modem: marks what is invalid and says why, and shows the fields of the choices", async () => {
    const http = await editor.openDialog(await editor.find("modem-http"));
    const modem = await editor.openConfig("modem");
    await check(modem, MODEM);
    await modem.fill("port", "sim:BG96");
    expect(await modem.field("baudRate").isVisible()).toBe(false);
    expect(await modem.field("apnPassword").isVisible()).toBe(false);
    await modem.field("authType").selectOption("chap");
    expect(await modem.field("apnPassword").getAttribute("type")).toBe("password");
    expect(await modem.field("pin").getAttribute("type")).toBe("password");
    await modem.cancel();
    await http.cancel();
  });

  it("modem: offers the gateway's ports and the simulated modems on its button, and takes the one picked", async () => {
    await editor.page.route("**/cellular-modem/ports", (route) =>
      route.fulfill({
        json: [{ path: "/dev/serial/by-id/usb-u-blox", label: "/dev/serial/by-id/usb-u-blox (<b>LARA-R6</b>)" }],
      }),
    );
    const http = await editor.openDialog(await editor.find("modem-http"));
    const modem = await editor.openConfig("modem");
    await editor.page.click("#cellular-modem-list-ports");
    const choices = editor.page.locator(".red-ui-autoComplete-container li").filter({ visible: true });
    await choices.first().waitFor();
    expect((await choices.allTextContents()).map((text) => text.split(" ")[0])).toEqual([
      "/dev/serial/by-id/usb-u-blox",
      "sim:LARA-R6",
      "sim:BG96",
    ]);
    await choices.first().click();
    expect(await modem.field("port").inputValue()).toBe("/dev/serial/by-id/usb-u-blox");
    await modem.cancel();
    await http.cancel();
    await editor.page.unroute("**/cellular-modem/ports");
  });

  it("modem: offers the models that the driver knows, and shows the one that is set", async () => {
    const http = await editor.openDialog(await editor.find("modem-http"));
    const modem = await editor.openConfig("modem");
    const options = modem.field("model").locator("option");
    const values = await options.evaluateAll((all) => all.map((option) => option.getAttribute("value")));
    expect(values).toEqual(["auto", "LARA-R6", "BG96"]);
    expect((await options.allTextContents()).slice(1)).toEqual(["u-blox LARA-R6", "Quectel BG96"]);
    expect(await modem.field("model").inputValue()).toBe("auto");
    await modem.cancel();
    await http.cancel();
  });

  it("opens with the gateway's own list of ports", async () => {
    const listed = editor.page.waitForResponse("**/cellular-modem/ports");
    const http = await editor.openDialog(await editor.find("modem-http"));
    const modem = await editor.openConfig("modem");
    expect((await listed).status()).toBe(200);
    expect(Array.isArray(await (await listed).json())).toBe(true);
    await editor.picture("modem-dialog", 1290, "dialog");
    await modem.cancel();
    await http.cancel();
  });

  it.each(["modem-http", "modem-pdp", "modem-at"])("%s: shows its help in the sidebar", async (type) => {
    const dialog = await editor.openDialog(await editor.find(type));
    expect(await dialog.help()).toContain(firstSentence(type));
    await dialog.cancel();
  });

  it("modem: shows its help in the sidebar", async () => {
    const http = await editor.openDialog(await editor.find("modem-http"));
    const modem = await editor.openConfig("modem");
    expect(await modem.help()).toContain(firstSentence("modem"));
    await modem.cancel();
    await http.cancel();
  });

  it.each(["light", "dark"] as const)("every dialog is readable in the %s theme", async (colorScheme) => {
    const isLight = colorScheme === "light";
    const themed = isLight ? editor : await openDark();
    for (const type of ["modem-at", "modem-pdp", "modem-http"]) {
      const dialog = await themed.openDialog(await themed.find(type));
      expect(await dialog.hardToRead()).toEqual([]);
      expect(await dialog.misplacedBoxes()).toEqual([]);
      if (type === "modem-http") {
        if (!isLight) await themed.picture("dark", 720);
        const modem = await themed.openConfig("modem");
        expect(await modem.hardToRead()).toEqual([]);
        expect(await modem.misplacedBoxes()).toEqual([]);
        await modem.cancel();
      }
      await dialog.cancel();
    }
    if (isLight) return;
    expect(themed.problems).toEqual([]);
    await themed.page.close();
  });
});

/** Of a node's help. */
function firstSentence(type: string): string {
  const help = readFileSync(join(ROOT, "locales", "en-US", `${type}.html`), "utf8");
  return help.split("\n")[1] ?? "";
}
