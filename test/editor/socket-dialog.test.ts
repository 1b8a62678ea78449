import { describe, expect, it } from "vitest";
import { MODEM_DEFAULTS } from "../../nodes/modem/types";
import { MODEM_SOCKET_DEFAULTS } from "../../nodes/modem-socket/types";
import { MODEM_TLS_DEFAULTS } from "../../nodes/modem-tls/types";
import { needsTool } from "../support/needs";
import type { RunningNodeRed } from "../support/node-red";
import type { EditorPage } from "./editor-page";
import { type RunningEditor, useEditor } from "./use-editor";

const FLOW = [
  { id: "f1", type: "tab", label: "Sockets" },
  { ...MODEM_DEFAULTS, id: "c1", type: "modem", version: 1, name: "Pump station", port: "/dev/ttyUSB0" },
  { ...MODEM_TLS_DEFAULTS, id: "s1", type: "modem-tls", version: 1, name: "Our servers" },
  {
    ...MODEM_SOCKET_DEFAULTS,
    ...{ id: "n1", type: "modem-socket", z: "f1", version: 1, name: "", modem: "c1", tls: "s1" },
    ...{ host: "server.example", port: "7", x: 200, y: 80, wires: [[], []] },
  },
];

/** For each field: texts that it takes, and texts that it marks, each with words that the message says. */
const FIELDS: readonly [field: string, valid: readonly string[], invalid: Readonly<Record<string, string>>][] = [
  ["host", ["", "server.example", "2001:db8::7", "{{host}}"], { "{{host": "not closed" }],
  ["port", ["", "7", "{{payload.port}}"], { "0": "from 1 to 65535", telnet: "whole number", "{{port": "not closed" }],
  ["localPort", ["", "7000"], { "65536": "to 65535" }],
  ["keepAlive", ["0", "60"], { "": "filled in", "1.5": "whole number" }],
  ["cid", ["", "2"], { "0": "from 1" }],
];

const browserNeed = needsTool("chromium");

describe.skipIf(browserNeed.skip)(`modem-socket's dialog in Chromium${browserNeed.reason}`, { timeout: 90_000 }, () => {
  let nodeRed: RunningNodeRed;
  let editor: EditorPage;
  let openDark: RunningEditor["openDark"];

  useEditor(FLOW, (running) => {
    ({ nodeRed, editor, openDark } = running);
  });

  const open = async () => editor.openDialog(await editor.find("modem-socket"));
  const saved = async () => (await (await nodeRed.get("flows")).json()).find(({ id }: { id: string }) => id === "n1");

  it("marks what is invalid and says why", async () => {
    const dialog = await open();
    for (const [field, valid, invalid] of FIELDS) {
      for (const [text, words] of Object.entries(invalid)) {
        await dialog.fill(field, text);
        expect(await dialog.complaint(field), `${field}: ${text}`).toContain(words);
      }
      for (const text of valid) {
        await dialog.fill(field, text);
        expect(await dialog.complaint(field), `${field}: ${text}`).toBeUndefined();
      }
    }
    await dialog.cancel();
  });

  it("shows the fields of the protocol and the role", async () => {
    const dialog = await open();
    const fields = ["host", "port", "localPort", "tls", "ret", "delimiter", "keepAlive", "mode", "cid"];
    const shown = async () => {
      const visible = await Promise.all(fields.map((field) => dialog.field(field).isVisible()));
      return fields.filter((_, index) => visible[index]);
    };
    expect(await shown()).toEqual(fields);
    await dialog.field("role").selectOption("listen");
    expect(await shown()).toEqual(["localPort", "ret", "delimiter", "keepAlive", "cid"]);
    await dialog.field("protocol").selectOption("udp");
    expect(await shown()).toEqual(["host", "port", "localPort", "ret", "cid"]);
    await dialog.field("role").selectOption("connect");
    expect(await shown()).toEqual(["host", "port", "localPort", "tls", "ret", "cid"]);
    await dialog.cancel();
  });

  it("asks for the port to listen on as soon as the role is chosen", async () => {
    const dialog = await open();
    expect(await dialog.complaint("localPort")).toBeUndefined();
    await dialog.field("role").selectOption("listen");
    expect(await dialog.complaint("localPort")).toContain("filled in");
    expect(await dialog.field("localPort").getAttribute("placeholder")).toContain("listen");
    await dialog.field("role").selectOption("connect");
    expect(await dialog.complaint("localPort")).toBeUndefined();
    await dialog.cancel();
  });

  it("says what direct mode means where it is chosen, and saves it", async () => {
    const dialog = await open();
    const note = editor.page.locator(".cellular-modem-direct");
    expect(await note.isVisible()).toBe(false);
    await dialog.field("mode").selectOption("direct");
    expect(await note.textContent()).toContain("Other nodes");
    expect(await note.isVisible()).toBe(true);
    expect(await dialog.hardToRead()).toEqual([]);
    expect(await dialog.misplacedBoxes()).toEqual([]);
    await dialog.save();
    await editor.deploy();
    expect(await saved()).toMatchObject({ mode: "direct", tls: "s1", host: "server.example" });
  });

  it("saves nothing that it hides and that the runtime would refuse", async () => {
    const dialog = await open();
    await dialog.field("mode").selectOption("direct");
    await dialog.field("role").selectOption("listen");
    await dialog.fill("localPort", "7000");
    await dialog.save();
    await editor.deploy();
    expect(await saved()).toMatchObject({ role: "listen", localPort: "7000", mode: "command", tls: "" });
    expect((await editor.find("modem-socket")).valid).toBe(true);
  });

  it("is readable in the dark theme, and has its help", async () => {
    const themed = await openDark();
    const dialog = await themed.openDialog(await themed.find("modem-socket"));
    expect(await dialog.hardToRead()).toEqual([]);
    expect(await dialog.misplacedBoxes()).toEqual([]);
    expect(await dialog.help()).toContain("Sends and receives over a TCP connection or UDP socket of the modem");
    expect(themed.problems).toEqual([]);
    await themed.page.close();
  });
});
