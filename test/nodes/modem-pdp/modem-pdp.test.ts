import "../../support/quick-time";
import { describe, expect, it } from "vitest";
import { deployNode, useNodeRed } from "../support/flow";

useNodeRed();

describe.each(["LARA-R6", "BG96"])("modem-pdp on %s", (model) => {
  /** The same text is the same modem in software, with what an earlier test left in it: so each test has its own. */
  let seed = 0;
  const pdp = (properties: Record<string, unknown> = {}, modem: Record<string, unknown> = {}) =>
    deployNode(
      { type: "modem-pdp", ...properties },
      { port: `sim:${model}?seed=${++seed}&route=server.example:80=127.0.0.1:80`, ...modem },
    );

  it("tells the state of the data connection", async () => {
    const node = await pdp({ action: "status" }, { apn: "internet" });
    node.receive({ topic: "kept" });
    const answer = await node.out.next();
    expect(answer).toMatchObject({
      topic: "kept",
      payload: {
        cid: 1,
        active: true,
        addresses: expect.arrayContaining([expect.stringMatching(/^[0-9a-f.:]+$/i)]),
        dns: expect.any(Array),
        operator: expect.stringMatching(/./),
        technology: expect.stringMatching(/./),
        registration: "home",
        signal: expect.any(Object),
      },
    });
    await node.complete.next();
  });

  it("deactivates and activates the connection, and reports both on the second output", async () => {
    const node = await pdp();
    node.receive({ action: "deactivate" });
    expect(await node.out.next()).toMatchObject({ payload: { active: false, cid: 1 } });
    await node.events.until(
      ({ event, payload }) => event === "connection" && (payload as { active: boolean }).active === false,
    );
    node.receive({ action: "activate" });
    expect(await node.out.next()).toMatchObject({ payload: { active: true, cid: 1 } });
    await node.events.until(
      ({ event, payload }) => event === "connection" && (payload as { active: boolean }).active === true,
    );
  });

  it("connects only when it is told to, where the modem is to wait", async () => {
    const node = await pdp({}, { connect: "manual" });
    node.receive({ action: "deactivate" });
    expect(await node.out.next()).toMatchObject({ payload: { active: false } });
    node.receive({ action: "activate", apn: "internet" });
    expect(await node.out.next()).toMatchObject({ payload: { active: true } });
  });

  it("pings a host", async () => {
    const node = await pdp({ action: "ping", host: "{{server}}.example" });
    node.receive({ server: "server", count: 2 });
    const { payload } = await node.out.next();
    expect(payload).toMatchObject({
      sent: 2,
      received: 2,
      rtt: { min: expect.any(Number), avg: expect.any(Number), max: expect.any(Number) },
    });
    expect((payload as { replies: unknown[] }).replies).toHaveLength(2);
  });

  it("resolves a name, and says which it can't", async () => {
    const node = await pdp({ action: "resolve" });
    node.receive({ host: "server.example" });
    expect(await node.out.next()).toMatchObject({ payload: { host: "server.example", address: "127.0.0.1" } });
    node.receive({ host: "name.invalid" });
    expect((await node.errors.next()).error).toMatchObject({ code: "DNS_FAILED" });
  });

  it("refuses hostile fields, and sends nothing of them", async () => {
    const node = await pdp();
    const hostile = [
      { action: "ping", host: 'a"\r\nAT+CFUN=0' },
      { action: "resolve", host: "a,1;+CPWROFF\u001a" },
      { action: "resolve", host: "" },
      { action: "activate", apn: 'x"\r\nAT+CFUN=0' },
      { action: "activate", cid: "1,1" },
      { action: "AT+CFUN=0" },
      { action: { toString: () => "status" } },
    ];
    for (const message of hostile) {
      node.receive(message as never);
      expect((await node.errors.next()).error, JSON.stringify(message)).toMatchObject({ code: "INVALID_INPUT" });
    }
    node.receive({ action: "status" });
    expect(await node.out.next()).toMatchObject({ payload: { registration: "home", active: true } });
  });
});
