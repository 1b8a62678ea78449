import { describe, expect, it } from "vitest";
import { MODEM_AT_DEFAULTS } from "../../nodes/modem-at/types";
import { MODEM_HTTP_DEFAULTS } from "../../nodes/modem-http/types";
import { MODEM_PDP_DEFAULTS } from "../../nodes/modem-pdp/types";
import { MODEM_SOCKET_DEFAULTS } from "../../nodes/modem-socket/types";
import { MODEM_TLS_PROFILE_DEFAULTS } from "../../nodes/modem-tls-profile/types";
import { needsTool } from "../support/needs";
import type { EditorPage } from "./editor-page";
import { useEditor } from "./use-editor";

const NODES = {
  "modem-at": MODEM_AT_DEFAULTS,
  "modem-http": MODEM_HTTP_DEFAULTS,
  "modem-pdp": MODEM_PDP_DEFAULTS,
  "modem-socket": MODEM_SOCKET_DEFAULTS,
  "modem-tls-profile": MODEM_TLS_PROFILE_DEFAULTS,
};

/** As from the palette, but for the modem; the id says what the node is. */
const fresh = (z: string, modem: string) =>
  Object.entries(NODES).map(([type, defaults], index) => ({
    ...defaults,
    ...{ id: `${type}-${z}`, type, z, name: "", version: 1, modem, x: 200, y: 80 * (index + 1) },
    wires: type === "modem-http" ? [[]] : [[], []],
  }));
const FLOW = [
  { id: "f1", type: "tab", label: "No modem" },
  ...fresh("f1", ""),
  { id: "sub", type: "subflow", name: "sub", in: [], out: [], env: [{ name: "MODEM", type: "modem", value: "" }] },
  ...fresh("sub", "${MODEM}"),
];

const browserNeed = needsTool("chromium");

describe.skipIf(browserNeed.skip)(
  `nodes without a modem, in Chromium${browserNeed.reason}`,
  { timeout: 90_000 },
  () => {
    let editor: EditorPage;

    useEditor(FLOW, (running) => {
      ({ editor } = running);
    });

    const marked = (id: string) =>
      editor.page.evaluate(
        `(() => { const node = RED.nodes.node("${id}"); return { valid: node.valid, errors: node.validationErrors ?? [] }; })()`,
      );

    it.each(Object.keys(NODES))("%s: of a fresh one only the modem is marked", async (type) => {
      expect(await marked(`${type}-f1`)).toEqual({ valid: false, errors: ["modem"] });
    });

    it.each(Object.keys(NODES))("%s: nothing is marked where a subflow's property names the modem", async (type) => {
      expect(await marked(`${type}-sub`)).toEqual({ valid: true, errors: [] });
    });
  },
);
