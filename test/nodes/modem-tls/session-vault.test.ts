import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionData } from "../../../driver/services/security/security";
import { SETTINGS_KEY, SessionVault } from "../../../nodes/modem-tls/session-vault";
import { TestSettings } from "./settings-storage";

const session = (data = "dGlja2V0"): SessionData => ({ type: "ticket", encrypted: false, data, size: data.length });
const place = (server = "a.example:443", profile = "t", modem = "m") => ({ profile, modem, server });
const vault = (settings: TestSettings, report = (_reason: string) => {}) => new SessionVault(settings, report);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the vault of TLS sessions", () => {
  it("gives after a restart what it was given before, and the storage shows nothing of it", async () => {
    const settings = new TestSettings({ credentialSecret: "secret" });
    const before = vault(settings);
    before.set(place(), "policy", session("c2VjcmV0LXRpY2tldA=="));
    await before.flush();
    expect(settings.values.get(SETTINGS_KEY)).not.toMatch(/c2VjcmV0LXRpY2tldA|a\.example/);
    expect(vault(settings).get(place(), "policy")).toEqual(session("c2VjcmV0LXRpY2tldA=="));
  });

  it("keeps servers, profiles and modems apart, and replaces what is older", () => {
    const sessions = vault(new TestSettings({ credentialSecret: "secret" }));
    sessions.set(place(), "policy", session("YQ=="));
    sessions.set(place("b.example:443"), "policy", session("Yg=="));
    sessions.set(place("a.example:443", "t2"), "policy", session("Yw=="));
    sessions.set(place("a.example:443", "t", "m2"), "policy", session("ZA=="));
    sessions.set(place(), "policy", session("ZQ=="));
    expect(sessions.get(place(), "policy")?.data).toBe("ZQ==");
    expect(sessions.get(place("b.example:443"), "policy")?.data).toBe("Yg==");
    expect(sessions.get(place("a.example:443", "t2"), "policy")?.data).toBe("Yw==");
    expect(sessions.get(place("a.example:443", "t", "m2"), "policy")?.data).toBe("ZA==");
    expect(sessions.get(place("a.example:8443"), "policy")).toBeUndefined();
  });

  it("gives no session that was made under other settings", () => {
    const sessions = vault(new TestSettings({ credentialSecret: "secret" }));
    sessions.set(place(), "without checks", session());
    expect(sessions.get(place(), "with checks")).toBeUndefined();
  });

  it("holds 16 servers of a profile on a modem, and drops the one that was heard of longest ago", () => {
    const sessions = vault(new TestSettings({ credentialSecret: "secret" }));
    sessions.set(place("other:443", "t", "m2"), "policy", session());
    for (let server = 0; server < 16; server += 1) sessions.set(place(`s${server}:443`), "policy", session());
    sessions.set(place("s0:443"), "policy", session("bmV3"));
    sessions.set(place("s16:443"), "policy", session());
    const kept = Array.from({ length: 17 }, (_, server) => `s${server}:443`).filter((server) =>
      sessions.get(place(server), "policy"),
    );
    expect(kept).toHaveLength(16);
    expect(kept).not.toContain("s1:443");
    expect(sessions.get(place("other:443", "t", "m2"), "policy")).toBeDefined();
  });

  it("makes one write of many changes, by itself and at the end", async () => {
    const settings = new TestSettings({ credentialSecret: "secret" });
    const sessions = vault(settings);
    for (let server = 0; server < 10; server += 1) sessions.set(place(`s${server}:443`), "policy", session());
    expect(settings.writes).toBe(0);
    await vi.advanceTimersByTimeAsync(2000);
    expect(settings.writes).toBe(1);
    sessions.set(place(), "policy", session());
    await sessions.flush();
    expect(settings.writes).toBe(2);
    await sessions.flush();
    await vi.advanceTimersByTimeAsync(2000);
    expect(settings.writes).toBe(2);
  });

  it("forgets what its nodes no longer are there for, in the storage too", async () => {
    const settings = new TestSettings({ credentialSecret: "secret" });
    const sessions = vault(settings);
    sessions.set(place("a.example:443", "gone"), "policy", session());
    sessions.set(place(), "policy", session());
    sessions.retain(({ profile }) => profile !== "gone");
    await sessions.flush();
    const after = vault(settings);
    expect(after.get(place("a.example:443", "gone"), "policy")).toBeUndefined();
    expect(after.get(place(), "policy")).toBeDefined();
    after.retain(() => true);
    await after.flush();
    expect(settings.writes).toBe(1);
  });

  it("reads what was sealed by Node-RED's own key after the author has chosen one, and seals it by that", async () => {
    const settings = new TestSettings({ _credentialSecret: "made" });
    const before = vault(settings);
    before.set(place(), "policy", session());
    await before.flush();
    settings.values.set("credentialSecret", JSON.stringify("mine"));
    const after = vault(settings);
    expect(after.get(place(), "policy")).toEqual(session());
    after.set(place("b.example:443"), "policy", session());
    await after.flush();
    settings.values.delete("_credentialSecret");
    expect(vault(settings).get(place(), "policy")).toEqual(session());
  });

  it("keeps sessions as plainly as Node-RED keeps credentials where the author wants that", async () => {
    const settings = new TestSettings({ credentialSecret: false });
    const sessions = vault(settings);
    sessions.set(place(), "policy", session());
    await sessions.flush();
    expect(settings.values.get(SETTINGS_KEY)).toContain("dGlja2V0");
    expect(vault(settings).get(place(), "policy")).toEqual(session());
  });

  it("writes nothing where there is no secret at all", async () => {
    const settings = new TestSettings();
    const sessions = vault(settings);
    sessions.set(place(), "policy", session());
    await sessions.flush();
    expect(settings.values.has(SETTINGS_KEY)).toBe(false);
    expect(sessions.get(place(), "policy")).toEqual(session());
  });

  it.each([
    ["another secret", async (settings: TestSettings) => settings.values.set("credentialSecret", '"changed"')],
    ["damaged data", async (settings: TestSettings) => settings.values.set(SETTINGS_KEY, '{"$":"AAAA"}')],
    ["a text", async (settings: TestSettings) => settings.values.set(SETTINGS_KEY, '"nonsense"')],
    ["null", async (settings: TestSettings) => settings.values.set(SETTINGS_KEY, "null")],
    [
      "entries that are none",
      async (settings: TestSettings) =>
        settings.values.set(
          SETTINGS_KEY,
          JSON.stringify({
            sessions: [
              null,
              1,
              { ...place(), policy: "policy" },
              { ...place(), policy: "policy", session: { type: 1 } },
            ],
          }),
        ),
    ],
  ])("starts empty with %s, and works on", async (_name, spoil) => {
    const settings = new TestSettings({ credentialSecret: "secret" });
    const before = vault(settings);
    before.set(place(), "policy", session());
    await before.flush();
    await spoil(settings);
    const after = vault(settings);
    expect(after.get(place(), "policy")).toBeUndefined();
    after.set(place(), "policy", session("bmV3"));
    await after.flush();
    expect(vault(settings).get(place(), "policy")?.data).toBe("bmV3");
  });

  it("lasts as long as the runtime where the settings can't be had, and says so once where they can't be written", async () => {
    const settings = new TestSettings({ credentialSecret: "secret" });
    const reports: string[] = [];
    const sessions = vault(settings, (reason) => reports.push(reason));
    sessions.set(place(), "policy", session());
    vi.spyOn(settings, "set").mockRejectedValue(new Error("disk full"));
    await sessions.flush();
    sessions.set(place(), "policy", session("bmV3"));
    await sessions.flush();
    expect(reports).toEqual(["disk full"]);
    expect(sessions.get(place(), "policy")?.data).toBe("bmV3");

    settings.failure = new Error("Settings not available");
    const blind = vault(settings, (reason) => reports.push(reason));
    blind.set(place(), "policy", session());
    await blind.flush();
    expect(blind.get(place(), "policy")).toEqual(session());
    expect(reports).toEqual(["disk full"]);
  });

  it("writes what came while it was writing", async () => {
    const settings = new TestSettings({ credentialSecret: "secret" });
    const sessions = vault(settings);
    let release = () => {};
    const set = settings.set.bind(settings);
    vi.spyOn(settings, "set").mockImplementationOnce(async (key, value) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await set(key, value);
    });
    sessions.set(place("s1:443"), "policy", session());
    const first = sessions.flush();
    await vi.advanceTimersByTimeAsync(0);
    sessions.set(place("s2:443"), "policy", session());
    const second = sessions.flush();
    release();
    await Promise.all([first, second]);
    expect(vault(settings).get(place("s2:443"), "policy")).toBeDefined();
  });
});
