import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../driver/errors";
import { OutageReporter } from "../../../nodes/modem/outage";
import { modemSettings } from "../../../nodes/modem/settings";
import { MODEM_DEFAULTS, type ModemProperties } from "../../../nodes/modem/types";
import { Users } from "../../../nodes/modem/users";

const properties = (given: Partial<ModemProperties>): ModemProperties => ({
  name: "",
  version: 1,
  ...MODEM_DEFAULTS,
  ...given,
});

describe("the settings of a modem", () => {
  it("are the contract's defaults for a port alone", () => {
    expect(modemSettings(properties({ port: " /dev/ttyUSB0 " }), {})).toEqual({
      port: "/dev/ttyUSB0",
      baudRate: 115200,
      flowControl: false,
      dataBits: 8,
      parity: "none",
      stopBits: 1,
      model: "auto",
      apn: "",
      pdpType: "IPV4V6",
      cid: 1,
      authType: "none",
      connect: "auto",
    });
  });

  it("turn what environment variables gave into numbers and flags", () => {
    const texts = {
      port: "COM3",
      baudRate: "921600",
      flowControl: "true",
      dataBits: "7",
      stopBits: "2",
      cid: "4",
      mnoProfile: "100",
      xlat: "on",
    };
    expect(
      modemSettings(properties(texts as unknown as Partial<ModemProperties>), {
        pin: "1234",
        apnUser: "",
        apnPassword: "p",
      }),
    ).toMatchObject({
      baudRate: 921600,
      flowControl: true,
      dataBits: 7,
      stopBits: 2,
      cid: 4,
      mnoProfile: 100,
      xlat: true,
      pin: "1234",
      apnPassword: "p",
    });
  });

  it("leave the modem's own settings alone where nothing is said", () => {
    const settings = modemSettings(properties({ port: "x" }), {});
    for (const name of ["mnoProfile", "xlat", "pin", "apnUser", "apnPassword"])
      expect(settings).not.toHaveProperty(name);
  });

  it.each([
    ["port", ""],
    ["baudRate", "fast"],
    ["dataBits", 9],
    ["parity", "strange"],
    ["model", "EC25"],
    ["pdpType", "PPP"],
    ["cid", 0],
    ["authType", "md5"],
    ["mnoProfile", -1],
    ["connect", "perhaps"],
    ["flowControl", "perhaps"],
  ])("refuse a %s of %j, naming it", (name, value) => {
    const given = properties({ port: "x", [name]: value });
    expect(() => modemSettings(given, {})).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(new RegExp(`^${name} `)) }),
    );
  });
});

describe("an outage", () => {
  it("is told once for each kind of trouble, and again after the modem was ready", () => {
    const told: string[] = [];
    const reporter = new OutageReporter(
      (error) => told.push(error.code),
      () => told.push("ready"),
    );
    const offline = () => reporter.onState("opening", new ModemError("MODEM_OFFLINE", "no such port"));
    reporter.onState("ready", undefined);
    offline();
    offline();
    reporter.onState("synchronising", undefined);
    reporter.onState("sim", new ModemError("SIM_ERROR", "no SIM"));
    offline();
    reporter.onState("ready", undefined);
    reporter.onState("ready", undefined);
    offline();
    expect(told).toEqual(["MODEM_OFFLINE", "SIM_ERROR", "ready", "MODEM_OFFLINE"]);
  });
});

describe("the users of a modem", () => {
  const release = () => undefined;
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("open it with the first and close it some time after the last", () => {
    const calls: string[] = [];
    const users = new Users(
      () => calls.push("open"),
      () => calls.push("close"),
    );
    const [a, b] = [{ id: "a" }, { id: "b" }] as never[];
    users.register(a as never, release);
    users.register(b as never, release);
    users.deregister(a as never);
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(["open"]);
    users.deregister(b as never);
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(["open", "close"]);
    users.register(a as never, release);
    expect(calls).toEqual(["open", "close", "open"]);
  });

  it("keep it open while a flow is deployed again", () => {
    const calls: string[] = [];
    const users = new Users(
      () => calls.push("open"),
      () => calls.push("close"),
    );
    users.register({ id: "a" } as never, release);
    const old = users.byId.a as never;
    users.deregister(old);
    users.register({ id: "a" } as never, release);
    users.deregister(old);
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(["open"]);
    expect(Object.keys(users.byId)).toEqual(["a"]);
  });

  it("are released when it closes for good and they stay", async () => {
    const users = new Users(release, release);
    const [going, staying] = [{ id: "going" }, { id: "staying" }] as never[];
    const released: string[] = [];
    users.register(going as never, () => released.push("going"));
    users.register(staying as never, () => {
      released.push("staying");
      users.deregister(staying as never);
    });
    const ended = users.end();
    users.deregister(going as never);
    await vi.advanceTimersByTimeAsync(0);
    await ended;
    expect(released).toEqual(["staying"]);
  });
});
