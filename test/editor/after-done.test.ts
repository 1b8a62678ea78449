import { describe, expect, it } from "vitest";
import { MODEM_DEFAULTS } from "../../nodes/modem/types";
import { MODEM_HTTP_DEFAULTS } from "../../nodes/modem-http/types";
import { MODEM_TLS_DEFAULTS } from "../../nodes/modem-tls/types";
import { MODEM_TLS_PROFILE_DEFAULTS } from "../../nodes/modem-tls-profile/types";
import { needsTool } from "../support/needs";
import type { EditorPage } from "./editor-page";
import { useEditor } from "./use-editor";

const node = (id: string, y: number, more: object) => ({
  id,
  z: "f1",
  x: 200,
  y,
  version: 1,
  name: "",
  modem: "c1",
  ...more,
});
const FLOW = [
  { id: "f1", type: "tab", label: "After Done" },
  { ...MODEM_DEFAULTS, id: "c1", type: "modem", version: 1, name: "Pump station", port: "/dev/ttyUSB0" },
  { ...MODEM_TLS_DEFAULTS, id: "s1", type: "modem-tls", version: 1, name: "Our servers" },
  node("h1", 80, { ...MODEM_HTTP_DEFAULTS, type: "modem-http", url: "https://server.example/", wires: [[]] }),
  node("t1", 160, { ...MODEM_TLS_PROFILE_DEFAULTS, type: "modem-tls-profile", action: "apply", wires: [[], []] }),
];

const browserNeed = needsTool("chromium");

describe.skipIf(browserNeed.skip)(
  `what stays marked after Done, in Chromium${browserNeed.reason}`,
  { timeout: 90_000 },
  () => {
    let editor: EditorPage;

    useEditor(FLOW, (running) => {
      ({ editor } = running);
    });

    const triangle = async (type: string) =>
      editor
        .onCanvas(await editor.find(type))
        .locator(".red-ui-flow-node-error:not(.hide)")
        .count();

    it.each([
      ["modem-http", "an https URL without a security profile", "tls"],
      ["modem-tls-profile", "an action that needs a profile", "tls"],
    ] as const)("F18 %s: %s", async (type, _what, field) => {
      expect((await editor.find(type)).valid).toBe(false);
      const dialog = await editor.openDialog(await editor.find(type));
      await dialog.field("name").fill("changed");
      await dialog.save();
      expect((await editor.find(type)).valid).toBe(false);
      expect(await triangle(type)).toBe(1);
      const again = await editor.openDialog(await editor.find(type));
      await again.field(field).selectOption("s1");
      await again.save();
      expect((await editor.find(type)).valid).toBe(true);
      expect(await triangle(type)).toBe(0);
      const last = await editor.openDialog(await editor.find(type));
      await last.field(field).selectOption("_ADD_");
      await last.save();
      expect((await editor.find(type)).valid).toBe(false);
    });

    it("F18 Deploy says so too", async () => {
      await editor.page.click("#red-ui-header-button-deploy");
      const notice = editor.page.locator(".red-ui-notification").filter({ visible: true }).first();
      await notice.waitFor();
      expect(await notice.textContent()).toContain("properly configured");
      await editor.page
        .locator(".red-ui-notification button", { hasText: /cancel/i })
        .first()
        .click();
    });

    it("F18 neighbour: no profile is needed for http, or for another action", async () => {
      const http = await editor.openDialog(await editor.find("modem-http"));
      await http.fill("url", "http://server.example/");
      await http.save();
      const profile = await editor.openDialog(await editor.find("modem-tls-profile"));
      await profile.field("action").selectOption("list");
      await profile.save();
      expect((await editor.find("modem-http")).valid).toBe(true);
      expect((await editor.find("modem-tls-profile")).valid).toBe(true);
    });

    it("F18 neighbour: missing and wrong credentials stay marked", async () => {
      const http = await editor.openDialog(await editor.find("modem-http"));
      const valid = async () => (await editor.find("modem")).valid;
      const change = async (values: Readonly<Record<string, string>>) => {
        const modem = await editor.openConfig("modem");
        for (const [name, value] of Object.entries(values)) {
          if (name === "authType") await modem.field(name).selectOption(value);
          else await modem.fill(name, value);
        }
        await modem.save();
      };
      expect(await valid()).toBe(true);
      await change({ authType: "pap" });
      expect(await valid()).toBe(false);
      await change({ apnUser: "me" });
      expect(await valid()).toBe(true);
      await change({ pin: "12a4" });
      expect(await valid()).toBe(false);
      await change({ pin: "1234" });
      expect(await valid()).toBe(true);
      await change({ pin: "", authType: "none" });
      await http.cancel();
    });

    it("F21 shows the baud rate of a tcp:// port, and of a serial port's line all", async () => {
      const http = await editor.openDialog(await editor.find("modem-http"));
      const modem = await editor.openConfig("modem");
      const shown = async (port: string) => {
        await modem.fill("port", port);
        const names = ["baudRate", "dataBits", "parity", "stopBits", "flowControl"];
        const visible = await Promise.all(names.map((name) => modem.field(name).isVisible()));
        return names.filter((_name, index) => visible[index]);
      };
      expect(await shown("tcp://gateway:2000")).toEqual(["baudRate"]);
      expect(await shown(" TCP://10.0.0.1:2000")).toEqual(["baudRate"]);
      expect(await shown("/dev/ttyUSB0")).toEqual(["baudRate", "dataBits", "parity", "stopBits", "flowControl"]);
      expect(await shown("COM3")).toContain("parity");
      expect(await shown("sim:LARA-R6")).toEqual([]);
      await modem.cancel();
      await http.cancel();
    });
  },
);
