import { describe, expect, it } from "vitest";
import type { Message } from "../../../nodes/common/types";
import { pdpHost, pdpRequest } from "../../../nodes/modem-pdp/request";
import { MODEM_PDP_DEFAULTS, type ModemPdpProperties } from "../../../nodes/modem-pdp/types";

const node = (given: Partial<ModemPdpProperties>): ModemPdpProperties => ({
  name: "",
  version: 1,
  modem: "m",
  ...MODEM_PDP_DEFAULTS,
  ...given,
});
const request = (given: Partial<ModemPdpProperties>, message: Message = {}) =>
  pdpRequest(node(given), message, () =>
    pdpHost(node(given), message, async (template) => template.replace("{{", "filled-").replace("}}", "")),
  );
const refusal = (message: RegExp) => ({ code: "INVALID_INPUT", message: expect.stringMatching(message) });

describe("the request of a modem-pdp message", () => {
  it("takes the action of the node, or of the message where the node leaves it", async () => {
    expect(await request({ action: "status" }, { action: "ping" })).toEqual({ action: "status", cid: undefined });
    expect(await request({}, { action: "deactivate", cid: "2" })).toEqual({ action: "deactivate", cid: 2 });
    expect(await request({ action: "status", cid: 3 }, { cid: 2 })).toEqual({ action: "status", cid: 2 });
    await expect(request({})).rejects.toMatchObject(refusal(/msg\.action is missing.*activate/));
    await expect(request({}, { action: "reboot" })).rejects.toMatchObject(refusal(/msg\.action/));
    await expect(request({ action: "reboot" })).rejects.toMatchObject(refusal(/^action/));
  });

  it("fills the host's template in only where it is the node's", async () => {
    expect(await request({ action: "resolve", host: "{{a}}" }, { host: "other" })).toMatchObject({ host: "filled-a" });
    expect(await request({ action: "resolve" }, { host: " a.b " })).toMatchObject({ host: "a.b" });
    await expect(request({ action: "resolve" }, { host: "{{a}}" })).rejects.toMatchObject(
      refusal(/^msg\.host must be/),
    );
    await expect(request({ action: "ping" })).rejects.toMatchObject(refusal(/msg\.host is missing/));
  });

  it("reads a ping's options and refuses those out of range", async () => {
    const ping = { count: 2, size: "64", timeout: 5000, ttl: 32, host: "a.b", cid: 3 };
    expect(await request({ action: "ping" }, ping)).toEqual({
      action: "ping",
      host: "a.b",
      options: { count: 2, size: 64, timeout: 5000, ttl: 32, cid: 3 },
    });
    for (const bad of [{ count: 0 }, { size: 1.5 }, { timeout: "1;AT" }, { ttl: 256 }, { count: {} }]) {
      await expect(request({ action: "ping", host: "a" }, bad as Message)).rejects.toMatchObject(
        refusal(/^msg\.(count|size|timeout|ttl) must be/),
      );
    }
  });

  it("takes context and DNS servers for activate", async () => {
    const given = { action: "activate", pdpType: "IP", primaryDns: "8.8.8.8", secondaryDns: "" };
    expect(await request(given, { apn: "internet" })).toEqual({
      action: "activate",
      context: { apn: "internet", pdpType: "IP" },
      dns: { primary: "8.8.8.8", secondary: "" },
    });
    expect(await request({ action: "activate", apn: "a" }, { apn: "b", cid: 2 })).toMatchObject({
      context: { apn: "a", cid: 2 },
      dns: undefined,
    });
    await expect(request({ ...given, primaryDns: "8.8.8.8\r\nAT" })).rejects.toMatchObject(
      refusal(/primaryDns must be an IP address/),
    );
    await expect(request({ action: "status", cid: 99 })).rejects.toMatchObject(refusal(/^cid /));
  });
});
