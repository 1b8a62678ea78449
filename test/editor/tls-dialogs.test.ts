import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { MODEM_DEFAULTS } from "../../nodes/modem/types";
import { MODEM_HTTP_DEFAULTS } from "../../nodes/modem-http/types";
import { CERTIFICATES_PATH, MODEM_TLS_DEFAULTS } from "../../nodes/modem-tls/types";
import { MODEM_TLS_PROFILE_DEFAULTS } from "../../nodes/modem-tls-profile/types";
import { needsTool } from "../support/needs";
import type { RunningNodeRed } from "../support/node-red";
import { ROOT } from "../support/paths";
import type { Dialog, EditorPage } from "./editor-page";
import { type RunningEditor, useEditor } from "./use-editor";

const FIXTURES = join(ROOT, "test", "fixtures", "tls");
const pem = (name: string) => readFileSync(join(FIXTURES, `${name}.pem`), "utf8");

const FLOW = [
  { id: "f1", type: "tab", label: "TLS" },
  { ...MODEM_DEFAULTS, id: "c1", type: "modem", version: 1, name: "Pump station", port: "/dev/ttyUSB0" },
  { ...MODEM_TLS_DEFAULTS, id: "s1", type: "modem-tls", version: 1, name: "Our servers" },
  { ...MODEM_HTTP_DEFAULTS, id: "h1", type: "modem-http", url: "https://example.com/", tls: "s1", y: 80, wires: [[]] },
  { ...MODEM_TLS_PROFILE_DEFAULTS, id: "p1", type: "modem-tls-profile", y: 160, wires: [[], []] },
].map((node) => ("y" in node ? { ...node, z: "f1", version: 1, name: "", modem: "c1", x: 200 } : node));

const browserNeed = needsTool("chromium");

describe.skipIf(browserNeed.skip)(`dialogs about TLS in Chromium${browserNeed.reason}`, { timeout: 90_000 }, () => {
  let nodeRed: RunningNodeRed;
  let editor: EditorPage;
  let openDark: RunningEditor["openDark"];
  let http: Dialog;

  useEditor(FLOW, (running) => {
    ({ nodeRed, editor, openDark } = running);
  });

  async function openProfile(): Promise<Dialog> {
    http = await editor.openDialog(await editor.find("modem-http"));
    return editor.openConfig("tls");
  }

  const report = (field: string): Locator => editor.page.locator(`#cellular-modem-${field}-report`);
  const saysOf = (field: string, text: string | RegExp) => report(field).filter({ hasText: text }).waitFor();

  it("modem-tls: marks what is invalid and says why", async () => {
    const profile = await openProfile();
    await profile.field("validation").selectOption("ca+host");
    const complaints: [field: string, text: string, words: string | undefined][] = [
      ["serverName", "two words", "host name"],
      ["serverName", "10.0.0.1", undefined],
      ["sni", "10.0.0.1", "not an address"],
      ["sni", "server.example", undefined],
      ["ca", "just\nwords", "PEM"],
      ["ca", "-----BEGIN CERTIFICATE-----\nMIID", "END"],
      ["ca", "/etc/ssl/ca.pem", undefined],
      ["ca", ["$", "{CA}"].join(""), undefined],
      ["ca", pem("ca.cert"), undefined],
      ["psk", "secret", undefined],
      ["psk", "x".repeat(65), "64 characters"],
      ["psk", 'a"b', "quotation marks"],
    ];
    for (const [field, text, words] of complaints) {
      await profile.fill(field, text);
      const complaint = await profile.complaint(field);
      if (words === undefined) expect(complaint, `${field}: ${text}`).toBeUndefined();
      else expect(complaint, `${field}: ${text}`).toContain(words);
    }
    await profile.field("pskFormat").selectOption("hex");
    await profile.fill("psk", "00ff0");
    expect(await profile.complaint("psk")).toContain("hexadecimal");
    expect(await profile.complaint("pskIdentity")).toContain("used together");
    await profile.fill("cert", pem("client.cert"));
    expect(await profile.complaint("key")).toContain("used together");
    await profile.cancel();
    await http.cancel();
  });

  it("modem-tls: shows the fields that the choices ask for", async () => {
    const profile = await openProfile();
    const visible = (name: string) => profile.field(name).isVisible();
    expect([await visible("ca"), await visible("serverName"), await visible("resumptionEncrypted")]).toEqual([
      true,
      false,
      false,
    ]);
    await profile.field("validation").selectOption("ca+host+date");
    expect(await visible("serverName")).toBe(true);
    await profile.field("validation").selectOption("none");
    expect([await visible("ca"), await visible("serverName")]).toEqual([false, false]);
    await editor.page.locator(".cellular-modem-unchecked").waitFor();
    await profile.field("resumption").selectOption("psk-ticket");
    expect(await visible("resumptionEncrypted")).toBe(true);
    await editor.page.locator(".cellular-modem-psk-ticket").waitFor();
    expect(await visible("keyPassword")).toBe(false);
    await profile.fill("key", pem("client-encrypted.key"));
    expect(await visible("keyPassword")).toBe(true);
    await profile.field("rootOfTrustPsk").check();
    expect([await visible("psk"), await visible("pskIdentity")]).toEqual([false, false]);
    await profile.cancel();
    await http.cancel();
  });

  it("modem-tls: tells what certificates and keys are, and what is wrong with them, while they are put in", async () => {
    const profile = await openProfile();
    await profile.fill("ca", pem("ca.cert"));
    await saysOf("ca", /Test Root CA.*valid until 2126-01-01 \(days left: \d+\).*RSA 2048/);
    await profile.fill("cert", pem("client.cert"));
    await profile.fill("key", pem("client-ec.key"));
    await saysOf("cert", "Test Client");
    await saysOf("key", /does not belong|differ/);
    await profile.fill("key", pem("client.key"));
    await saysOf("key", /^RSA 2048$/);
    await profile.fill("cert", pem("weak.cert"));
    await saysOf("cert", "1024");
    await profile.fill("pinnedKey", pem("expired.cert"));
    await saysOf("pinnedKey", /expired on 2021-01-01 \(days ago: \d+\).*It has expired/);
    expect(await profile.hardToRead()).toEqual([]);
    await profile.fill("ca", "/no/such/file.pem");
    await saysOf("ca", /file/);
    await profile.fill("ca", "");
    await editor.page.waitForFunction(`document.querySelector("#cellular-modem-ca-report").textContent === ""`);
    await profile.cancel();
    await http.cancel();
  });

  it("modem-tls: shows a hostile certificate's name as the text that it is, and says so when it can't ask", async () => {
    await editor.page.route(`**/${CERTIFICATES_PATH}`, (route) =>
      route.fulfill({
        json: { ca: { subject: "CN=<img src=x onerror=alert(1)>", problem: "<b>odd</b>", daysLeft: 3 } },
      }),
    );
    let profile = await openProfile();
    await saysOf("ca", "CN=<img src=x onerror=alert(1)>");
    await saysOf("ca", "<b>odd</b>");
    expect(await report("ca").locator("img, b").count()).toBe(0);
    await profile.cancel();
    await http.cancel();
    await editor.page.unroute(`**/${CERTIFICATES_PATH}`);
    await editor.page.route(`**/${CERTIFICATES_PATH}`, (route) => route.fulfill({ status: 413, json: {} }));
    profile = await openProfile();
    await saysOf("ca", "could not check this");
    expect(editor.problems.splice(0)).toEqual([expect.stringContaining("413")]);
    await profile.cancel();
    await http.cancel();
    await editor.page.unroute(`**/${CERTIFICATES_PATH}`);
  });

  it("modem-tls: takes PEM and DER files from this computer, and refuses others", async () => {
    const profile = await openProfile();
    const file = (field: string) =>
      editor.page.locator(`#node-config-input-${field} ~ .cellular-modem-pem-row input[type=file]`);
    await file("ca").setInputFiles({
      name: "ca.der",
      mimeType: "application/x-x509-ca-cert",
      buffer: new X509Certificate(pem("ca.cert")).raw,
    });
    await saysOf("ca", "Test Root CA");
    expect(new X509Certificate(await profile.field("ca").inputValue()).subject).toBe("CN=Test Root CA");
    await file("key").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("notes") });
    await editor.page.getByText("notes.txt contains neither a certificate nor a private key").waitFor();
    expect(await profile.field("key").inputValue()).toBe("");
    await file("key").setInputFiles(join(FIXTURES, "client.key.pem"));
    await saysOf("key", "RSA 2048");
    await profile.cancel();
    await http.cancel();
  });

  it("modem-tls: keeps what is saved, never shows a key again, and lets it be removed", async () => {
    const profile = await openProfile();
    await profile.fill("ca", pem("ca.cert"));
    await profile.fill("cert", pem("client.cert"));
    await profile.fill("key", pem("client-encrypted.key"));
    await profile.fill("keyPassword", "key-password");
    await editor.page.locator(".cellular-modem-dialog .red-ui-editableList-addButton").click();
    const suite = editor.page.locator(".cellular-modem-name");
    await suite.fill("ECDHE-RSA-AES128");
    expect(await suite.getAttribute("class")).toContain("input-error");
    await suite.fill("");
    await suite.pressSequentially("ecdhe_rsa_with_aes_128_g");
    await editor.page.getByText("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").filter({ visible: true }).click();
    await saysOf("key", "RSA 2048");
    await profile.save();
    await http.save();
    await editor.deploy();
    await editor.reload();
    const sent = editor.page.waitForResponse("**/credentials/modem-tls/s1");
    const again = await openProfile();
    expect(await (await sent).text()).not.toMatch(/PRIVATE KEY|key-password/);
    expect(await again.field("ca").inputValue()).toContain("BEGIN CERTIFICATE");
    expect(await suite.inputValue()).toBe("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    expect(await again.field("key").isVisible()).toBe(false);
    await saysOf("key", "RSA 2048");
    await editor.picture("modem-tls-dialog", 1400, "dialog");
    await editor.page.getByRole("button", { name: "Replace or remove" }).click();
    expect(await again.field("key").isVisible()).toBe(true);
    await again.fill("cert", "");
    await again.save();
    await http.save();
    await editor.deploy();
    const kept = await (await nodeRed.get("credentials/modem-tls/s1")).json();
    expect(kept).toMatchObject({ has_key: false, has_keyPassword: false, ca: expect.stringContaining("CERTIFICATE") });
  });

  it("modem-http and modem-tls-profile ask for a security profile where one is needed", async () => {
    http = await editor.openDialog(await editor.find("modem-http"));
    await http.field("tls").selectOption("_ADD_");
    expect(await http.complaint("tls")).toContain("https URL needs a security profile");
    await http.fill("url", "http://example.com/");
    expect(await http.complaint("tls")).toBeUndefined();
    await http.cancel();
    const node = await editor.openDialog(await editor.find("modem-tls-profile"));
    expect(await node.complaint("tls")).toBeUndefined();
    await node.field("action").selectOption("list");
    expect(await node.field("tls").isVisible()).toBe(false);
    await node.field("action").selectOption("apply");
    expect(await node.complaint("tls")).toContain("This action needs a security profile");
    await node.field("tls").selectOption("s1");
    expect(await node.complaint("tls")).toBeUndefined();
    expect(await node.help()).toContain("Manages the certificates on a modem");
    await node.cancel();
  });

  it("an example's credentials are imported with it, and deployed", async () => {
    await editor.importExample("security", "Mutual TLS", "Mutual TLS");
    await editor.deploy();
    const profile = (await editor.nodes()).find(({ name }) => name === "Demo device");
    const kept = await (await nodeRed.get(`credentials/modem-tls/${profile?.id}`)).json();
    expect(kept).toMatchObject({ has_key: true, cert: expect.stringContaining("BEGIN CERTIFICATE") });
    expect(JSON.stringify(kept)).not.toContain("PRIVATE KEY");
  });

  it("modem-tls is readable in the dark theme, and has its help", async () => {
    const themed = await openDark();
    await themed.openDialog(await themed.find("modem-http"));
    const profile = await themed.openConfig("tls");
    await profile.fill("pinnedKey", pem("expired.cert"));
    await themed.page.getByText("It has expired").waitFor();
    expect(await profile.hardToRead()).toEqual([]);
    expect(await profile.help()).toContain("A security profile: the settings of a modem's TLS connections");
    expect(themed.problems).toEqual([]);
    await themed.page.close();
  });
});
