import { describe, expect, it } from "vitest";
import type { PdpContext } from "../../../../driver/services/packet-data";
import { failure } from "../../../support/failure";
import { startSession } from "../session";

const context: PdpContext = { cid: 1, apn: "UNINET", pdpType: "IP", authType: "none" };

describe("BG96 PDP contexts", () => {
  it("3.1.1-get: asks for the active contexts, defines and activates the one", async () => {
    const { peer, services, active } = await startSession();
    active.clear();
    await services.packetData.define({ ...context, authType: "pap" });
    await services.packetData.activate(1);
    expect(peer.commands).toEqual(["AT+QIACT?", 'AT+QICSGP=1,1,"UNINET","","",1', "AT+QIACT?", "AT+QIACT=1"]);
    expect(await services.packetData.status(1)).toMatchObject({
      active: true,
      addresses: ["10.7.157.1"],
      dns: ["8.8.8.8"],
    });
  });

  it("writes a definition only when the modem holds another", async () => {
    const { peer, services } = await startSession();
    await services.packetData.define(context);
    await services.packetData.define(context);
    expect(peer.commands).toEqual(["AT+QIACT?", "AT+QICSGP=1", "AT+QIACT?"]);
    await services.packetData.define({ ...context, apn: "other" });
    expect(peer.commands.slice(3)).toEqual(["AT+QIACT?", "AT+QIDEACT=1", 'AT+QICSGP=1,1,"other","","",0']);
  });

  it("does not take a context that was never defined for one without an APN", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QICSGP=\d+$/, ['+QICSGP: 1,"","","",0', "OK"]);
    await services.packetData.define({ ...context, apn: "" });
    await services.packetData.define({ ...context, apn: "", cid: 2 });
    expect(peer.commands.filter((line) => line.startsWith("AT+QICSGP="))).toEqual([
      "AT+QICSGP=1",
      'AT+QICSGP=2,1,"","","",0',
    ]);
  });

  it("keeps the password out of what is shown", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QICSGP=\d+,/, ["+CME ERROR: 50"]);
    const wish = services.packetData.define({ ...context, authType: "chap", user: "joe", password: "pa55word" });
    const error = await failure(wish);
    expect(error).toMatchObject({ code: "MODEM_REJECTED" });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/pa55word|joe/);
    expect(peer.commands).not.toContain("AT+QICSGP=1");
  });

  it("falls back to IPv4 where the firmware knows nothing else", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QICSGP=1,3,/, ["ERROR"]);
    await services.packetData.define({ ...context, pdpType: "IPV4V6" });
    expect(peer.commands.slice(-2)).toEqual(['AT+QICSGP=1,3,"UNINET","","",0', 'AT+QICSGP=1,1,"UNINET","","",0']);
  });

  it.each([0, 17, 1.5])("refuses context %d", async (cid) => {
    const { peer, services } = await startSession();
    await expect(services.packetData.define({ ...context, cid })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(services.packetData.activate(cid)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(peer.commands).toEqual([]);
  });

  it("refuses an APN that would become another command", async () => {
    const { peer, services } = await startSession();
    const define = services.packetData.define({ ...context, apn: 'a";+QPOWD="', cid: 2 });
    await expect(define).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("apn") });
    expect(peer.commands.join()).not.toContain("QPOWD");
  });

  it("does not activate a fourth context", async () => {
    const { peer, services, active } = await startSession();
    for (const cid of [2, 3]) active.add(cid);
    await expect(services.packetData.activate(4)).rejects.toMatchObject({ code: "MODEM_BUSY" });
    expect(peer.commands).toEqual(["AT+QIACT?"]);
  });

  it("reports a lost context and deactivates it before it is activated again", async () => {
    const { peer, services, active } = await startSession();
    const lost: number[] = [];
    const told = new Promise<void>((resolve) => {
      services.packetData.onLost((cid) => {
        lost.push(cid);
        resolve();
      });
    });
    active.clear();
    peer.urc('+QIURC: "pdpdeact",1');
    await told;
    await services.packetData.activate(1);
    expect(lost).toEqual([1]);
    expect(peer.commands).toEqual(["AT+QIACT?", "AT+QIDEACT=1", "AT+QIACT=1"]);
  });

  it("deactivates what is active and nothing else", async () => {
    const { peer, services } = await startSession();
    await services.packetData.deactivate(1);
    await services.packetData.deactivate(1);
    expect(peer.commands).toEqual(["AT+QIACT?", "AT+QIDEACT=1", "AT+QIACT?"]);
  });

  it("4.2-pdp-checks: attaches, checks registration, and tries once more", async () => {
    const { peer, services } = await startSession();
    let tries = 0;
    peer
      .on(/^AT\+QIACT=2$/, (_match, print) => print.line(++tries === 1 ? "ERROR" : "OK"))
      .on(/^AT\+QIGETERROR$/, ['+QIGETERROR: 561,"open PDP context failed"', "OK"])
      .on(/^AT\+CGATT\?$/, ["+CGATT: 0", "OK"])
      .on(/^AT\+CGATT=1$/, ["OK"]);
    await services.packetData.activate(2);
    expect(peer.commands).toEqual([
      "AT+QIACT?",
      "AT+QIACT=2",
      "AT+QIGETERROR",
      "AT+CPIN?",
      "AT+CGATT?",
      "AT+CGATT=1",
      "AT+CGREG?",
      "AT+CEREG?",
      "AT+QIDEACT=2",
      "AT+QIACT=2",
    ]);
  });

  it.each([
    ["SIM_ERROR", /^AT\+CPIN\?$/, ["+CME ERROR: 10"]],
    ["SIM_ERROR", /^AT\+CPIN\?$/, ["+CPIN: SIM PIN", "OK"]],
    ["NOT_REGISTERED", /^AT\+CEREG\?$/, ["+CEREG: 0,3", "OK"]],
    ["NO_CONNECTION", /^AT\+NOTHING$/, ["OK"]],
    // F08 neighbour: a refused question, and a SIM that guards its phone books, are no verdict.
    ["NO_CONNECTION", /^AT\+CPIN\?$/, ["+CME ERROR: 3"]],
    ["NO_CONNECTION", /^AT\+CPIN\?$/, ["+CME ERROR: 14"]],
    ["NO_CONNECTION", /^AT\+CPIN\?$/, ["ERROR"]],
    ["NO_CONNECTION", /^AT\+CPIN\?$/, ["+CPIN: SIM PIN2", "OK"]],
    ["SIM_ERROR", /^AT\+CPIN\?$/, ["+CPIN: NOT READY", "OK"]],
    ["SIM_ERROR", /^AT\+CPIN\?$/, ["+CME ERROR: 11"]],
    ["NO_CONNECTION", /^AT\+CGATT\?$/, ["+CME ERROR: 3"]],
    ["NO_CONNECTION", /^AT\+C[GE]REG\?$/, ["+CME ERROR: 4"]],
  ])("4.1-command-fails: tells %s when an activation fails for it (%s %j)", async (code, pattern, answer) => {
    const { peer, services } = await startSession();
    peer
      .on(/^AT\+QIACT=2$/, ["ERROR"])
      .on(/^AT\+QIGETERROR$/, ['+QIGETERROR: 573,"APN not configured"', "OK"])
      .on(pattern, answer);
    const error = await failure(services.packetData.activate(2));
    expect(error).toMatchObject({ code });
    if (code === "NO_CONNECTION") expect(String(error)).toContain("APN is not configured (573)");
  });

  it("is not activated again for a request that fails because it was deactivated by order", async () => {
    const { peer, services, active } = await startSession();
    const asked = new Promise<void>((resolve) => {
      peer.on(/^AT\+QHTTPGET=/, (_match, print) => {
        print.line("OK");
        resolve();
      });
    });
    const request = { method: "GET", url: "http://example.org/", headers: [], timeout: 80_000 } as const;
    const refused = expect(services.http.request(request)).rejects.toMatchObject({ code: "NO_CONNECTION" });
    await asked;
    await services.packetData.deactivate(1);
    peer.urc("+QHTTPGET: 709");
    await refused;
    expect([...active]).toEqual([]);
    expect(peer.commands).not.toContain("AT+QIACT=1");
  });

  it("sets one DNS server and leaves the other alone", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QIDNSCFG=1,/, ["OK"]);
    await services.packetData.setDns(1, "9.9.9.9", "");
    await services.packetData.setDns(1, "", "1.1.1.1");
    await services.packetData.setDns(1, "", "");
    await services.packetData.setDns(1, "9.9.9.9", "1.1.1.1");
    expect(peer.commands).toEqual([
      "AT+QIDNSCFG=1",
      'AT+QIDNSCFG=1,"9.9.9.9"',
      "AT+QIDNSCFG=1",
      'AT+QIDNSCFG=1,"8.8.8.8","1.1.1.1"',
      'AT+QIDNSCFG=1,"9.9.9.9","1.1.1.1"',
    ]);
    await expect(services.packetData.setDns(1, "example.org", "")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
