import { describe, expect, it } from "vitest";
import { Modem } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import { SETTINGS } from "../life/start-life";

const settings: ModemSettings = { ...SETTINGS, port: "/dev/ttyUSB0" };

describe("the settings of a modem", () => {
  it("are taken with everything optional left out or empty", () => {
    expect(() => new Modem(settings)).not.toThrow();
    expect(() => new Modem({ ...settings, apn: "", pin: "", apnUser: "", apnPassword: "" })).not.toThrow();
  });

  it.each<[keyof ModemSettings, unknown]>([
    ["port", ""],
    ["port", 7],
    ["port", "tcp://nowhere"],
    ["baudRate", 0],
    ["baudRate", "115200"],
    ["baudRate", 1e9],
    ["flowControl", "true"],
    ["dataBits", 9],
    ["parity", "some"],
    ["stopBits", 1.5],
    ["model", "SARA-R4"],
    ["apn", 'inter"net'],
    ["apn", "inter\r\nAT+CFUN=0"],
    ["apn", "ünternet"],
    ["apn", "x".repeat(101)],
    ["apn", undefined],
    ["pdpType", "PPP"],
    ["cid", 0],
    ["cid", 17],
    ["cid", Number.NaN],
    ["authType", "basic"],
    ["mnoProfile", -1],
    ["mnoProfile", "100"],
    ["xlat", 1],
    ["connect", "always"],
    ["pin", "12"],
    ["pin", '12"34'],
    ["pin", 1234],
    ["apnUser", 'a"b'],
    ["apnPassword", "a\u0000b"],
  ])("are refused with %s %j, naming the field and not the value", (field, value) => {
    const make = () => new Modem({ ...settings, [field]: value } as ModemSettings);
    expect(make).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(new RegExp(`^${field} `)) }),
    );
    if (field === "pin" || field === "apnPassword") {
      expect(make).toThrow(expect.objectContaining({ message: expect.not.stringContaining(String(value)) }));
    }
  });

  it("need a user with authentication", () => {
    expect(() => new Modem({ ...settings, authType: "pap" })).toThrow(/^apnUser /);
    expect(() => new Modem({ ...settings, authType: "pap", apnUser: "u", apnPassword: "p" })).not.toThrow();
  });
});
