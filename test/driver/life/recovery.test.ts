import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TIMING } from "../../../driver/life/timing";
import type { ModemState } from "../../../driver/modem-types";
import { useEventLoopClock } from "../../support/clock";
import { failure } from "../../support/failure";
import { SOON, startLife, type TestLife } from "./start-life";

let life: TestLife;

beforeEach(async () => {
  life = await startLife();
});
afterEach(() => life.end());

/** The next time that the modem is in `state`. */
async function reaches(state: ModemState): Promise<void> {
  while (life.modem.state !== state) await once(life.modem, "state");
}

/** Sends a command that the modem never answers; what became of it stands in `error`. */
async function pending(): Promise<{ error: Promise<unknown> }> {
  life.peer.replies.set("AT+SLOW", undefined);
  const error = life.modem.execute("AT+SLOW", { timeout: 60_000 }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await life.peer.heard("AT+SLOW");
  return { error };
}

const UP = ["opening", "synchronising", "identifying"];

describe("a port that goes away", () => {
  useEventLoopClock();

  it("fails what is in flight with MODEM_OFFLINE, and is ready again when it is back", async () => {
    const { modem, peer } = await life.up();
    const slow = await pending();
    await peer.unplug();
    expect(await slow.error).toMatchObject({ code: "MODEM_OFFLINE" });
    await reaches("recovering");
    peer.reboot();
    await peer.listen();
    await modem.ready(SOON);
    expect(peer.active).toBe(true);
  });

  it("is told once, however many attempts fail", async () => {
    const { modem, peer, states } = await life.up();
    await peer.unplug();
    await reaches("recovering");
    // Time for several attempts: each follows the one before after 10 ms at most.
    await expect(modem.ready({ timeout: 100 })).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    expect(states.filter((state) => state.includes(":"))).toEqual(["recovering: MODEM_OFFLINE"]);
    await peer.listen();
    await modem.ready(SOON);
    expect(states.slice(states.indexOf("recovering: MODEM_OFFLINE") + 1)).toEqual(["sim", "connecting", "ready"]);
  });

  it("tells that connections are gone, and that they are back", async () => {
    const { modem, peer } = await life.up();
    const events: unknown[] = [];
    modem.on("connection", (event) => events.push(event));
    await peer.unplug();
    await reaches("recovering");
    peer.reboot();
    await peer.listen();
    await modem.ready(SOON);
    expect(events).toEqual([
      { cid: 1, active: false, reason: expect.stringContaining("lost") },
      { cid: 1, active: true },
    ]);
  });

  it("is opened when it comes, though it was not there at the start", async () => {
    const { modem, peer, states } = life;
    await peer.unplug();
    modem.open();
    await reaches("recovering");
    expect(modem.lastError).toMatchObject({ code: "MODEM_OFFLINE", message: expect.stringContaining("ECONNREFUSED") });
    await expect(modem.ready({ timeout: 30 })).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    await peer.listen();
    await modem.ready(SOON);
    expect(states).toEqual(["opening", "recovering: MODEM_OFFLINE", "sim", "connecting", "ready"]);
  });

  it("can be closed while it is away", async () => {
    const { modem, peer } = await life.up();
    await peer.unplug();
    await reaches("recovering");
    await modem.close();
    expect(modem.state).toBe("closed");
    expect(peer.connections).toBe(1);
  });
});

describe("a modem that reboots", () => {
  useEventLoopClock();

  it("fails what is in flight with MODEM_RESTARTED, and sets everything up again", async () => {
    const { modem, peer } = await life.up();
    const restarted = once(modem, "restarted");
    const slow = await pending();
    peer.reboot();
    peer.print("BOOTED");
    expect(await slow.error).toMatchObject({ code: "MODEM_RESTARTED" });
    await restarted;
    await modem.ready(SOON);
    expect(peer.count("AT+TINIT")).toBe(2);
    expect(peer.count('AT+CGDCONT=1,"IP","internet"')).toBe(2);
    expect(peer.active).toBe(true);
    expect(peer.connections).toBe(1);
  });

  it.each([
    ["is set up", "AT+TINIT", ["synchronising", "identifying"]],
    ["is ready", "AT+COPS?", ["sim", "connecting", "recovering: MODEM_RESTARTED"]],
  ])("right behind the answer after which it %s is not told to be", async (_step, line, steps) => {
    const { modem, peer, states } = life;
    const reply = peer.replies.get(line);
    peer.replies.set(line, () => {
      peer.replies.set(line, reply);
      peer.reboot();
      return line === "AT+COPS?" ? '+COPS: 0,0,"Test Net",7\r\nOK\r\n\r\nBOOTED' : "OK\r\n\r\nBOOTED";
    });
    modem.open();
    await modem.ready(SOON);
    expect(states).toEqual([...UP, ...steps, "sim", "connecting", "ready"]);
  });

  it("without a word is found out when the first answer is missing, before anything else is sent", async () => {
    const { modem, peer } = await life.up();
    peer.replies.set("AT+SLOW", undefined);
    const slow = failure(modem.execute("AT+SLOW", { timeout: 50 }));
    const next = failure(modem.execute("AT+CGMR", { timeout: 5000 }));
    await peer.heard("AT+SLOW");
    peer.reboot();
    expect(await slow).toMatchObject({ code: "MODEM_TIMEOUT" });
    expect(await next).toMatchObject({ code: "MODEM_RESTARTED" });
    await modem.ready(SOON);
    expect(peer.reporting).toBe(2);
  });

  it("is found out by its settings when it did not say so", async () => {
    const { modem, peer } = await life.up({}, { timing: { poll: 30 } });
    const restarted = once(modem, "restarted");
    peer.reboot();
    await restarted;
    await reaches("ready");
    expect(peer.reporting).toBe(2);
    expect(peer.active).toBe(true);
  });
});

describe("a modem that falls silent, at the real times", () => {
  useEventLoopClock(10);
  afterEach(async () => {
    await life.end();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is probed, its TCP port reopened, its radio cycled and reset, each once and in that order", async () => {
    const { modem, peer, states } = await life.up({}, { timing: TIMING });
    const since = performance.now();
    peer.silent = true;
    await peer.connected(2);
    // A poll finds it out.
    expect(performance.now() - since).toBeLessThan(75_000);
    expect(peer.count("AT+CFUN=0")).toBe(0);
    await peer.heard("AT+CFUN=0");
    await peer.heard("AT+TREBOOT");
    expect(peer.connections).toBe(2);
    peer.silent = false;
    peer.reboot();
    await modem.ready({ timeout: 600_000 });
    expect(peer.commands.indexOf("AT+CFUN=0")).toBeLessThan(peer.commands.indexOf("AT+TREBOOT"));
    expect(peer.count("AT+CFUN=0")).toBe(1);
    expect(peer.count("AT+TREBOOT")).toBe(1);
    expect(states.filter((state) => state.includes(":"))).toEqual(["recovering: MODEM_TIMEOUT"]);
  });

  it("needs no more than the radio cycled when that helps", async () => {
    const { modem, peer } = await life.up({}, { timing: TIMING });
    peer.silent = true;
    await peer.heard("AT+CFUN=0");
    peer.silent = false;
    await modem.ready({ timeout: 600_000 });
    expect(peer.count("AT+TREBOOT")).toBe(0);
    expect(peer.connections).toBe(2);
  });

  it("is tried ever less often, and is ready soon after it answers again", async () => {
    const { modem, peer } = await life.up({}, { timing: TIMING });
    peer.silent = true;
    await peer.connected(8);
    peer.silent = false;
    peer.reboot();
    await modem.ready({ timeout: 600_000 });
    expect(peer.count("AT+CFUN=0")).toBe(1);
    expect(peer.count("AT+TREBOOT")).toBe(1);
  });

  it("fails a request in flight when its silence is found out, not at the end of the request's own time", async () => {
    const { modem, peer } = await life.up({}, { timing: TIMING });
    peer.silent = true;
    const since = performance.now();
    await expect(modem.execute("AT+SLOW", { timeout: 30_000 })).rejects.toMatchObject({ code: "MODEM_TIMEOUT" });
    await reaches("recovering");
    expect(performance.now() - since).toBeLessThan(120_000);
  });
});

describe("a network that goes away", () => {
  useEventLoopClock();

  it("wins a lost context back, and says so", async () => {
    const { modem, peer } = await life.up();
    const events: unknown[] = [];
    modem.on("connection", (event) => events.push(event));
    peer.active = false;
    peer.print("+CGEV: NW PDN DEACT 1");
    await peer.heard("AT+CGACT=1,1", 2);
    await modem.ready(SOON);
    expect(events).toEqual([
      { cid: 1, active: false, reason: "NW PDN DEACT 1" },
      { cid: 1, active: true },
    ]);
  });

  it("wins a lost context back on a line that is never idle", async () => {
    const { modem, peer } = await life.up();
    let busy = true;
    const traffic = [1, 2].map(async () => {
      while (busy) await modem.execute("AT+CGMR", { timeout: 5000 });
    });
    peer.active = false;
    peer.print("+CGEV: NW PDN DEACT 1");
    await reaches("connecting");
    await modem.ready(SOON);
    busy = false;
    await Promise.all(traffic);
    expect(peer.active).toBe(true);
  });

  it("lets messages wait from the moment a context is lost", async () => {
    const { modem, peer } = await life.up();
    peer.active = false;
    peer.print("+CGEV: NW PDN DEACT 1");
    await once(modem, "urc");
    await modem.ready(SOON);
    expect(peer.active).toBe(true);
  });

  it("lets messages wait for a registration that is away for a short time", async () => {
    const { modem, peer, states } = await life.up({}, { timing: { registrationGrace: 2000 } });
    peer.registered = false;
    peer.print("+CREG: 2");
    await once(modem, "registration");
    await expect(modem.ready({ timeout: 20 })).rejects.toMatchObject({ code: "NOT_REGISTERED" });
    const waiting = modem.ready(SOON);
    peer.registered = true;
    peer.print("+CREG: 1");
    await waiting;
    expect(states).not.toContain("searching");
  });

  it("notices a context that vanished without a word", async () => {
    const { modem, peer } = await life.up({}, { timing: { poll: 30 } });
    peer.active = false;
    await peer.heard("AT+CGACT=1,1", 2);
    await modem.ready(SOON);
    expect(peer.active).toBe(true);
  });

  it("takes a short loss of registration for none", async () => {
    const { modem, peer, states } = await life.up({}, { timing: { registrationGrace: 2000 } });
    peer.registered = false;
    peer.print("+CREG: 2");
    await once(modem, "registration");
    peer.registered = true;
    peer.print("+CREG: 1");
    await once(modem, "registration");
    expect(modem.state).toBe("ready");
    expect(states).not.toContain("searching");
  });

  it("searches after a longer one, and connects again", async () => {
    const { modem, peer } = await life.up();
    peer.registered = false;
    peer.print("+CREG: 2");
    await reaches("searching");
    peer.active = false;
    peer.registered = true;
    peer.print("+CREG: 5");
    await modem.ready(SOON);
    expect(peer.active).toBe(true);
  });

  it("turns the radio off and on when no network comes for long", async () => {
    const { modem, peer } = life.make({}, { timing: { radioCycle: 60 } });
    peer.registered = false;
    peer.replies.set("AT+CFUN=1", () => {
      peer.registered = true;
      return [];
    });
    modem.open();
    await modem.ready(SOON);
    expect(peer.count("AT+CFUN=0")).toBe(1);
    // The SIM was off with the radio.
    expect(peer.commands.lastIndexOf("AT+CPIN?")).toBeGreaterThan(peer.commands.indexOf("AT+CFUN=1"));
  });

  it("survives a storm of registration reports", async () => {
    const { modem, peer } = await life.up();
    for (let report = 0; report < 1000; report += 1)
      peer.print(`+CREG: ${report % 2 === 0 ? 2 : 1},"0001","${report}",7`);
    expect((await modem.execute("AT+CSQ", SOON)).lines).toEqual(["+CSQ: 17,99"]);
    await modem.ready(SOON);
  });
});

describe("F08 neighbour: a SIM that was without power for a moment", () => {
  it("F08 neighbour: gets its PIN again while the network is searched, though the modem did not restart", async () => {
    const { peer, modem } = await life.up({ pin: "2468" });
    let isOpen = false;
    peer.replies.set("AT+CPIN?", () => [`+CPIN: ${isOpen ? "READY" : "SIM PIN"}`]);
    peer.replies.set('AT+CPIN="2468"', () => {
      isOpen = true;
      peer.registered = true;
      return [];
    });
    peer.registered = false;
    peer.print("+CREG: 0");
    await peer.heard("AT+COPS?", 2);
    await modem.ready(SOON);
    expect(peer.count('AT+CPIN="2468"')).toBe(1);
    expect(peer.count("AT+CFUN=0")).toBe(0);
  });

  it("F08 neighbour: is an error, not a search without end, while it is out", async () => {
    const { peer, modem } = await life.up();
    peer.replies.set("AT+CPIN?", "+CME ERROR: 10");
    peer.registered = false;
    peer.print("+CREG: 0");
    await expect.poll(() => life.states.at(-1)).toBe("sim: SIM_ERROR");
    peer.replies.set("AT+CPIN?", ["+CPIN: READY"]);
    peer.registered = true;
    await expect.poll(() => modem.state).toBe("ready");
  });
});
