import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Modem, ModemOptions } from "../../../driver/modem";
import type { ModemSettings, ModemState } from "../../../driver/modem-types";
import { useEventLoopClock } from "../../support/clock";
import type { PeerModem } from "./peer-modem";
import { SOON, startLife, type TestLife } from "./start-life";

useEventLoopClock();

let life: TestLife;
let peer: PeerModem;
let modem: Modem;

function make(settings?: Partial<ModemSettings>, options?: ModemOptions): Modem {
  modem = life.make(settings, options).modem;
  return modem;
}

/** Opens and waits until it is ready. */
async function up(settings?: Partial<ModemSettings>, options?: ModemOptions): Promise<void> {
  modem = (await life.up(settings, options)).modem;
}

beforeEach(async () => {
  life = await startLife();
  ({ peer, modem } = life);
});
afterEach(() => life.end());

describe("the way up", () => {
  it("goes through all states in order, and tells who the modem is", async () => {
    await up();
    expect(life.states).toEqual(["opening", "synchronising", "identifying", "sim", "connecting", "ready"]);
    expect(modem.identity).toEqual({
      manufacturer: "Maker",
      model: "TEST-1",
      revision: "1.0",
      imei: "351234567890123",
    });
    expect(modem.registration).toEqual({ state: "home", technology: "LTE", operator: "Test Net" });
    expect(modem.lastError).toBeUndefined();
  });

  it("defines the connection before it waits for a network, then activates it", async () => {
    peer.registered = false;
    make().open();
    await peer.heard("AT+COPS?");
    expect(peer.commands).toContain('AT+CGDCONT=1,"IP","internet"');
    expect(peer.commands).not.toContain("AT+CGACT=1,1");
    peer.registered = true;
    peer.print('+CREG: 1,"0001","0002",7');
    await modem.ready(SOON);
    expect(peer.active).toBe(true);
    expect(life.states).toContain("searching");
  });

  it("turns the radio on, and lets a deregistered modem choose a network", async () => {
    peer.registered = false;
    peer.replies.set("AT+CFUN?", ["+CFUN: 4"]);
    peer.replies.set("AT+COPS?", ["+COPS: 2"]);
    peer.replies.set("AT+COPS=0", () => {
      peer.registered = true;
      return [];
    });
    await up();
    expect(peer.count("AT+CFUN=1")).toBe(1);
    expect(peer.count("AT+COPS=0")).toBe(1);
  });

  it("turns the radio on before it asks a SIM that is off with it", async () => {
    peer.replies.set("AT+CFUN?", ["+CFUN: 0"]);
    await up();
    expect(peer.commands.indexOf("AT+CFUN=1")).toBeLessThan(peer.commands.indexOf("AT+CPIN?"));
    expect(peer.commands.indexOf("AT+CFUN=1")).toBeGreaterThan(peer.commands.indexOf('AT+CGDCONT=1,"IP","internet"'));
  });

  it("waits for a modem that boots", async () => {
    peer.silent = true;
    make().open();
    await peer.heard("AT", 2);
    peer.silent = false;
    await modem.ready(SOON);
  });

  it("calls a modem out of data mode that a host left there", async () => {
    peer.inDataMode = true;
    make().open();
    await modem.ready(SOON);
    expect(peer.payload).toBe("AT\r");
  });

  it("calls it out of data mode also when the data look like a rejected command", async () => {
    peer.inDataMode = true;
    peer.farEnd = "\r\nERROR\r\n";
    make().open();
    await modem.ready(SOON);
    expect(peer.payload).toMatch(/^(AT\r)+$/);
  });

  it("is ready when it is registered, without a connection, where the flow connects", async () => {
    await up({ connect: "manual" });
    expect(peer.active).toBe(false);
    expect(life.states).not.toContain("connecting");
  });

  it("reboots once when settings ask for it, and starts again from the beginning", async () => {
    let profile = 0;
    peer.replies.set("AT+TPROF?", () => [`+TPROF: ${profile}`]);
    peer.replies.set("AT+TPROF=100", () => {
      profile = 100;
      return [];
    });
    const restarted = once(make({ mnoProfile: 100 }), "restarted");
    modem.open();
    await modem.ready(SOON);
    await restarted;
    expect(peer.count("AT+TREBOOT")).toBe(1);
    expect(peer.count("AT+TINIT")).toBe(2);
    expect(life.states.filter((state) => state.includes(":"))).toEqual([]);
  });

  it("opens the port again when the reboot takes it away", async () => {
    let profile = 0;
    peer.replies.set("AT+TPROF?", () => [`+TPROF: ${profile}`]);
    peer.replies.set("AT+TPROF=100", () => {
      profile = 100;
      return [];
    });
    make({ mnoProfile: 100 }, { timing: { rebootSettle: 50, synchronise: 60_000 } });
    modem.once("restarted", () => void peer.unplug().then(() => peer.listen()));
    modem.open();
    await modem.ready(SOON);
    expect(peer.connections).toBe(2);
  });

  it("does not reboot for ever for a setting that the modem does not keep", async () => {
    peer.replies.set("AT+TPROF?", ["+TPROF: 0"]);
    peer.replies.set("AT+TPROF=100", []);
    await up({ mnoProfile: 100 });
    expect(peer.count("AT+TREBOOT")).toBe(1);
  });
});

describe("what keeps a modem from being ready", () => {
  it("names a modem that is none of the models, at once", async () => {
    peer.replies.set("ATI", ["SIM7000E"]);
    peer.replies.set("AT+CGMM", ["SIM7000E"]);
    make().open();
    await expect(modem.ready({ timeout: 60_000 })).rejects.toMatchObject({
      code: "NOT_SUPPORTED",
      message: expect.stringContaining("SIM7000E"),
    });
  });

  it("takes the model of the settings for a modem that says something else", async () => {
    peer.replies.set("ATI", ["CLONE-9"]);
    peer.replies.set("AT+CGMM", ["CLONE-9"]);
    await up({ model: "LARA-R6" });
    expect(modem.identity?.model).toBe("CLONE-9");
  });

  it("fails at once for a SIM that needs a person, and goes on by itself when it is mended", async () => {
    peer.replies.set("AT+CPIN?", ["+CPIN: SIM PUK"]);
    make().open();
    await expect(modem.ready({ timeout: 60_000 })).rejects.toMatchObject({ code: "SIM_ERROR" });
    expect(life.states.filter((state) => state === "sim: SIM_ERROR")).toHaveLength(1);
    peer.replies.set("AT+CPIN?", ["+CPIN: READY"]);
    await once(modem, "registration");
    await modem.ready(SOON);
  });

  it("sends a wrong PIN once, however often the modem is opened", async () => {
    peer.replies.set("AT+CPIN?", ["+CPIN: SIM PIN"]);
    peer.replies.set('AT+CPIN="1111"', "+CME ERROR: incorrect password");
    make({ pin: "1111" });
    const trace: string[] = [];
    modem.on("trace", ({ text }) => trace.push(text));
    modem.open();
    await expect(modem.ready(SOON)).rejects.toMatchObject({ code: "SIM_ERROR" });
    await modem.close();
    modem.open();
    await expect(modem.ready(SOON)).rejects.toMatchObject({ code: "SIM_ERROR" });
    await peer.heard("AT+CPIN?", 5);
    expect(peer.count('AT+CPIN="1111"')).toBe(1);
    expect(trace.join("\n")).not.toContain("1111");
  });

  it("lets raw commands through while the SIM is missing", async () => {
    peer.replies.set("AT+CPIN?", "+CME ERROR: SIM not inserted");
    make().open();
    await modem.lineReady(SOON);
    expect(await modem.execute("+CSQ", SOON)).toEqual({ result: "OK", lines: ["+CSQ: 17,99"] });
  });

  it("says when the time is over while it is searching", async () => {
    peer.registered = false;
    make().open();
    await peer.heard("AT+COPS?");
    await expect(modem.ready({ timeout: 50 })).rejects.toMatchObject({ code: "NOT_REGISTERED" });
    expect(modem.state).toBe("searching");
  });

  it("says when the time is over while it is connecting", async () => {
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: unknown APN");
    make().open();
    await peer.heard("AT+CGACT=1,1");
    await expect(modem.ready({ timeout: 50 })).rejects.toMatchObject({ code: "NO_CONNECTION" });
  });

  it("says that the network denies registration", async () => {
    peer.replies.set("AT+CREG?", ["+CREG: 2,3"]);
    make().open();
    const error = await new Promise((resolve) => modem.on("state", (_, reason) => reason && resolve(reason)));
    expect(error).toMatchObject({ code: "NOT_REGISTERED", message: expect.stringContaining("denies") });
    expect(modem.state).toBe("searching");
  });

  it("goes on trying a connection that is refused, and tells it once", async () => {
    peer.replies.set("AT+CGACT=1,1", "+CME ERROR: 132");
    make().open();
    await peer.heard("AT+CGACT=1,1", 3);
    expect(life.states.filter((state) => state.endsWith("NO_CONNECTION"))).toHaveLength(1);
    peer.replies.set("AT+CGACT=1,1", () => {
      peer.active = true;
      return [];
    });
    await modem.ready(SOON);
    expect(modem.lastError).toBeUndefined();
  });

  it("says that nothing answers", async () => {
    peer.silent = true;
    make({}, { timing: { synchronise: 50, probe: 20 } }).open();
    const [, error] = await new Promise<[ModemState, unknown]>((resolve) => {
      modem.on("state", (state, reason) => {
        if (reason !== undefined) resolve([state, reason]);
      });
    });
    expect(error).toMatchObject({ code: "MODEM_TIMEOUT", message: expect.stringContaining("baud rate") });
    await peer.heard("AT", 6);
    expect(life.states.filter((state) => state.includes(":"))).toHaveLength(1);
    expect(peer.commands.every((line) => line === "AT" || line === "+++AT")).toBe(true);
  });
});

describe("closing", () => {
  it("ends every wait, and leaves no connection behind", async () => {
    peer.registered = false;
    make().open();
    await peer.heard("AT+COPS?");
    const waiting = [modem.ready({ timeout: 60_000 }), modem.ready({ timeout: 60_000 })];
    const failed = Promise.all(waiting.map((wait) => expect(wait).rejects.toMatchObject({ code: "MODEM_OFFLINE" })));
    await modem.close();
    await failed;
    expect(modem.state).toBe("closed");
    await expect(modem.ready(SOON)).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    await expect(modem.execute("AT", SOON)).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
  });

  it("fails what is in flight", async () => {
    await up();
    peer.replies.set("AT+SLOW", undefined);
    const slow = expect(modem.execute("AT+SLOW", { timeout: 60_000 })).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    await peer.heard("AT+SLOW");
    await modem.close();
    await slow;
  });

  it("comes up again when it is opened before it has quite closed", async () => {
    const { modem, states } = await life.up();
    void modem.close();
    modem.open();
    await modem.ready(SOON);
    expect(states.filter((state) => state.includes(":"))).toEqual([]);
  });

  it("comes up again when it is opened again", async () => {
    await up();
    await modem.close();
    modem.open();
    await modem.ready(SOON);
    expect(peer.connections).toBe(2);
  });

  it("lets one caller give up without the others", async () => {
    peer.registered = false;
    make().open();
    const abort = new AbortController();
    const one = modem.ready({ timeout: 60_000, signal: abort.signal });
    const other = modem.ready(SOON);
    abort.abort(new Error("flow stopped"));
    await expect(one).rejects.toThrow("flow stopped");
    await peer.heard("AT+COPS?");
    peer.registered = true;
    peer.print("+CREG: 1");
    await other;
  });
});
