import { describe, expect, it } from "vitest";
import { parseAddress, parseAddresses } from "../../../driver/cellular/addresses";

describe("addresses in answers", () => {
  it("are read in every form of 27.007", () => {
    const forms: [string, string | undefined][] = [
      ["10.1.2.3", "10.1.2.3"],
      ["10.1.2.3.255.255.255.0", "10.1.2.3"],
      ["32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1", "2001:db8::1"],
      ["254.128.0.0.0.0.0.0.2.21.93.255.254.0.0.18", "fe80::215:5dff:fe00:12"],
      ["32.1.13.184.0.1.0.0.0.0.0.0.0.0.0.1.255.255.255.255.255.255.255.255.0.0.0.0.0.0.0.0", "2001:db8:1::1"],
      ["2001:0DB8:0:0:0:0:0:1", "2001:db8::1"],
    ];
    for (const [text, address] of forms) expect(parseAddress(text)).toBe(address);
  });

  it("are none when they are unassigned or unreadable", () => {
    for (const text of [
      "",
      "0.0.0.0",
      "0.0.0.0.0.0.0.0",
      `${"0.".repeat(15)}0`,
      "::",
      "10.40.50.500",
      "1.2.3",
      "a.b.c.d",
      "x:y",
    ]) {
      expect(parseAddress(text)).toBeUndefined();
    }
  });

  it("may stand together in one field", () => {
    expect(parseAddresses("10.0.0.1 32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.9")).toEqual(["10.0.0.1", "2001:db8::9"]);
  });
});
