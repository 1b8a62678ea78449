import { describe, expect, it } from "vitest";
import { credentialSecrets, seal, unseal } from "../../../nodes/modem-tls/seal";
import { TestSettings } from "./settings-storage";

const DATA = { sessions: [{ data: "bXkgc2Vzc2lvbg==" }] };

describe("a seal", () => {
  it("is opened by the secret that made it, and hides what is in it", () => {
    const sealed = seal(DATA, "secret");
    expect(JSON.stringify(sealed)).not.toContain("bXkgc2Vzc2lvbg");
    expect(unseal(JSON.parse(JSON.stringify(sealed)), ["secret"])).toEqual(DATA);
  });

  it("is another one each time, and goes with every secret that Node-RED takes", () => {
    expect(seal(DATA, "secret")).not.toEqual(seal(DATA, "secret"));
    for (const secret of ["", "ü", "x".repeat(1000)]) expect(unseal(seal(DATA, secret), [secret])).toEqual(DATA);
  });

  it("is opened by an older secret, too, but by no other", () => {
    const sealed = seal(DATA, "older");
    expect(unseal(sealed, ["newer", false, "older"])).toEqual(DATA);
    expect(unseal(sealed, ["newer"])).toBeUndefined();
    expect(unseal(sealed, [])).toBeUndefined();
  });

  it("breaks when any byte is another one, or is missing", () => {
    const bytes = Buffer.from((seal(DATA, "secret") as { $: string }).$, "base64");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(unseal({ $: changed.toString("base64") }, ["secret"]), `byte ${at}`).toBeUndefined();
      expect(unseal({ $: bytes.subarray(0, at).toString("base64") }, ["secret"]), `${at} bytes`).toBeUndefined();
    }
  });

  it("is none where Node-RED keeps its credentials in plain", () => {
    expect(seal(DATA, false)).toEqual(DATA);
    expect(unseal(DATA, [false])).toEqual(DATA);
  });
});

describe("the secrets of Node-RED", () => {
  const projects = (credentialSecret: unknown) => ({ activeProject: "p", projects: { p: { credentialSecret } } });

  it.each([
    ["the one of settings.js first", { credentialSecret: "mine", _credentialSecret: "made" }, ["mine", "made"]],
    ["the one that it made itself", { _credentialSecret: "made" }, ["made"]],
    ["none where that is switched off", { credentialSecret: false, _credentialSecret: "made" }, [false, "made"]],
    ["the one of the active project", { projects: projects("project") }, ["project"]],
    ["the project's that does without", { projects: projects(false) }, [false]],
    ["nothing that could be used", { projects: { activeProject: "other" }, credentialSecret: 7 }, []],
  ])("are %s", (_name, settings, secrets) => {
    expect(credentialSecrets(new TestSettings(settings))).toEqual(secrets);
  });

  it("are none while the settings can't be had", () => {
    const settings = new TestSettings({ credentialSecret: "mine" });
    settings.failure = new Error("Settings not available");
    expect(credentialSecrets(settings)).toEqual([]);
  });
});
