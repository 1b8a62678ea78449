import { describe, expect, it } from "vitest";
import { socketSettings } from "../../../nodes/modem-socket/settings";
import { MODEM_SOCKET_DEFAULTS } from "../../../nodes/modem-socket/types";

const settings = (fields: object) =>
  socketSettings({ ...MODEM_SOCKET_DEFAULTS, name: "", version: 1, modem: "m", ...fields });

describe("F22 neighbour: the settings of a socket from environment variables, which give texts", () => {
  it("append the delimiter when they say so", () => {
    expect(settings({ appendDelimiter: "true" }).appendDelimiter).toBe(true);
    expect(settings({ appendDelimiter: "false" }).appendDelimiter).toBe(false);
    expect(settings({ appendDelimiter: "" }).appendDelimiter).toBe(false);
    expect(() => settings({ appendDelimiter: "yes" })).toThrow(/appendDelimiter must be true or false/);
  });

  it("are numbers where numbers are meant", () => {
    expect(settings({ keepAlive: "60", cid: "2", linger: "5", localPort: "7" })).toMatchObject({
      keepAlive: 60,
      cid: 2,
      linger: 5,
      localPort: 7,
    });
  });
});
