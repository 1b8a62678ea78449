import { describe, expect, it, vi } from "vitest";
import { ModemError } from "../../../../driver/errors";
import type { PdpContext } from "../../../../driver/services/packet-data";
import { useFakeTime } from "../../../support/clock";
import { bench, expectExplained } from "../bench";

const CONTEXT: PdpContext = { cid: 1, apn: "internet", pdpType: "IPV4V6", authType: "none" };

interface Network {
  profile?: number;
  /** <act> of +COPS? (7, LTE). */
  technology?: number;
  definitions?: string[];
  active?: number[];
  radio?: 0 | 1;
}

function network({ profile = 90, technology = 7, definitions = [], active = [], radio = 1 }: Network = {}) {
  const parts = bench();
  const { peer } = parts;
  peer.on(/^AT\+UMNOPROF\?$/, [`+UMNOPROF: ${profile}`, "OK"]);
  peer.on(/^AT\+COPS\?$/, [`+COPS: 0,0,"I TIM",${technology}`, "OK"]);
  peer.on(/^AT\+CGDCONT\?$/, () => [...definitions.map((line) => `+CGDCONT: ${line}`), "OK"]);
  peer.on(/^AT\+CGACT\?$/, () => [...[1, 2, 3].map((cid) => `+CGACT: ${cid},${active.includes(cid) ? 1 : 0}`), "OK"]);
  peer.on(/^AT\+CFUN\?$/, () => [`+CFUN: ${radio}`, "OK"]);
  peer.on(/^AT\+(CGDCONT|UAUTHREQ|CGACT|UDNSCFG|CFUN)=/, ["OK"]);
  const written = (): string[] => peer.commands.filter((line) => /=/.test(line));
  return { ...parts, active, written, data: parts.driver.services.packetData };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe("the definition of a context", () => {
  it("of the first bearer is written with the radio off when it differs", async () => {
    const { data, written, peer } = network({ definitions: ['1,"IP","other","0.0.0.0",0,0,0,0'] });
    await data.define(CONTEXT);
    expect(written()).toEqual(["AT+CFUN=0", 'AT+CGDCONT=1,"IPV4V6","internet"', "AT+UAUTHREQ=1,0", "AT+CFUN=1"]);
    expectExplained(peer.commands);
  });

  it("leaves a radio off that is off, and the radio alone for other contexts", async () => {
    const off = network({ radio: 0 });
    await off.data.define(CONTEXT);
    expect(off.written()).toEqual(['AT+CGDCONT=1,"IPV4V6","internet"', "AT+UAUTHREQ=1,0"]);
    const second = network();
    await second.data.define({ ...CONTEXT, cid: 2 });
    expect(second.written()).toEqual(['AT+CGDCONT=2,"IPV4V6","internet"', "AT+UAUTHREQ=2,0"]);
  });

  it.each([
    ['1,"IPV4V6","internet","0.0.0.0.0.0.0.0",0,0,0,0'],
    // The guide's example: an active context shows what the network gave, not what was asked for.
    ['1,"IP","internet", "100.108.232.233",0,0,0,0,0,0'],
    ['1,"IPV6","internet","32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1",0,0,0,0'],
  ])("is not written when the modem holds it: %s", async (definition) => {
    const { data, written } = network({ definitions: ['2,"IP","x"', definition] });
    await data.define(CONTEXT);
    expect(written()).toEqual(["AT+UAUTHREQ=1,0"]);
  });

  it("is written when only the kind of address differs", async () => {
    const { data, written } = network({ definitions: ['1,"IP","internet","",0,0'] });
    await data.define(CONTEXT);
    expect(written()).toContain('AT+CGDCONT=1,"IPV4V6","internet"');
  });

  it("takes the radio back on when the modem refuses it", async () => {
    const { data, peer } = network();
    peer.on(/^AT\+CGDCONT=/, ["+CME ERROR: operation not allowed"]);
    await expect(data.define(CONTEXT)).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(peer.commands.at(-1)).toBe("AT+CFUN=1");
  });

  it("sends the password before the user name, and hides it", async () => {
    const { data, written, trace, peer } = network({ definitions: ['1,"IPV4V6","internet"'] });
    await data.define({ ...CONTEXT, authType: "chap", user: "me", password: "s3cret" });
    expect(written()).toEqual(['AT+UAUTHREQ=1,2,"s3cret","me"']);
    expect(trace.join("\n")).toContain("UAUTHREQ");
    expect(trace.join("\n")).not.toContain("s3cret");
    await data.define({ ...CONTEXT, authType: "pap", user: "me", password: "" });
    expect(written().at(-1)).toBe('AT+UAUTHREQ=1,1,"","me"');
    expectExplained(peer.commands);
  });

  it("does not mind a modem that has no +UAUTHREQ to clear", async () => {
    const { data, peer } = network({ definitions: ['1,"IPV4V6","internet"'] });
    peer.on(/^AT\+UAUTHREQ=/, ["ERROR"]);
    await data.define(CONTEXT);
    await expect(data.define({ ...CONTEXT, authType: "pap", user: "u", password: "p" })).rejects.toMatchObject({
      code: "MODEM_REJECTED",
    });
  });

  it("keeps off context 1 with the Verizon profile, and leaves Verizon's own APN alone", async () => {
    const { data, peer, written } = network({ profile: 3, definitions: ['3,"IPV4V6","vzwinternet"'] });
    for (const attempt of [data.define(CONTEXT), data.activate(1)]) {
      await expect(attempt).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining("cid to 3"),
      });
    }
    await data.define({ ...CONTEXT, cid: 3, apn: "" });
    expect(written()).toEqual(["AT+UAUTHREQ=3,0"]);
    await data.define({ ...CONTEXT, cid: 3, apn: "private.vzw" });
    expect(peer.commands).toContain('AT+CGDCONT=3,"IPV4V6","private.vzw"');
  });

  it.each([
    [{ apn: 'a"b' }, /apn/],
    [{ apn: "a\rAT+CFUN=0" }, /apn/],
    [{ cid: 0 }, /cid/],
    [{ cid: 9 }, /cid/],
    [{ user: "ü", authType: "pap" as const }, /apnUser/],
    [{ password: "\u001a", authType: "pap" as const }, /apnPassword/],
  ])("refuses %o before anything is sent", async (change, words) => {
    const { data, peer } = network();
    const work = data.define({ ...CONTEXT, ...change });
    await expect(work).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringMatching(words) });
    expect(peer.commands).toEqual([]);
  });
});

describe("activation", () => {
  it("on LTE is skipped for an active context", async () => {
    const { data, written, peer } = network({ active: [1] });
    await data.activate(1);
    expect(written()).toEqual([]);
    await data.activate(2);
    expect(written()).toEqual(["AT+CGACT=1,2"]);
    expectExplained(peer.commands);
  });

  it.each([0, 2, 6])("on GSM and UMTS (%i) is always asked for", async (technology) => {
    const { data, written } = network({ active: [1], technology });
    await data.activate(1);
    expect(written()).toEqual(["AT+CGACT=1,1"]);
  });

  it("that the network refuses is NO_CONNECTION with the modem's words", async () => {
    const { data, peer } = network();
    peer.on(/^AT\+CGACT=/, ["+CME ERROR: missing or unknown APN"]);
    await expect(data.activate(1)).rejects.toMatchObject({
      code: "NO_CONNECTION",
      message: expect.stringContaining("missing or unknown APN"),
    });
  });

  it("is undone only where it was done", async () => {
    const { data, written } = network({ active: [2] });
    await data.deactivate(1);
    await data.deactivate(2);
    expect(written()).toEqual(["AT+CGACT=0,2"]);
  });
});

describe("the status of a context", () => {
  useFakeTime();

  /** Lets the pauses between two questions pass. */
  async function later<T>(work: Promise<T>): Promise<T> {
    for (let pause = 0; pause < 3; pause++) {
      await turns();
      await vi.advanceTimersByTimeAsync(300);
    }
    return work;
  }

  it("has addresses, DNS servers and MTU of both families", async () => {
    const { data, peer } = network({ active: [1], definitions: ['1,"IPV4V6","internet","10.0.0.2",0,0'] });
    peer.on(/^AT\+CGPADDR=1$/, ['+CGPADDR: 1,"10.0.0.2","32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"', "OK"]);
    peer.on(/^AT\+CGCONTRDP=1$/, [
      '+CGCONTRDP: 1,5,"internet","10.0.0.2.255.255.255.0","10.0.0.1","8.8.8.8","8.8.4.4","","",0,0,1430',
      '+CGCONTRDP: 1,5,"internet","32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1.255.255.255.255.255.255.255.255.0.0.0.0.0.0.0.0","","32.1.72.96.72.96.0.0.0.0.0.0.0.0.136.136","","","",0,0,1430',
      "OK",
    ]);
    expect(await data.status(1)).toEqual({
      cid: 1,
      active: true,
      apn: "internet",
      type: "IPV4V6",
      addresses: ["10.0.0.2", "2001:db8::1"],
      dns: ["8.8.8.8", "2001:4860:4860::8888", "8.8.4.4"],
      mtu: 1430,
    });
    expectExplained(peer.commands);
  });

  it("takes the address from +CGCONTRDP when +CGPADDR stays empty", async () => {
    const { data, peer } = network({ active: [1], definitions: ['1,"IP","a"'] });
    peer.on(/^AT\+CGPADDR=1$/, ["+CGPADDR: 1,", "OK"]);
    peer.on(/^AT\+CGCONTRDP=1$/, ['+CGCONTRDP: 1,5,,"10.0.0.2.255.255.255.0"', "OK"]);
    expect(await later(data.status(1))).toEqual({
      cid: 1,
      active: true,
      apn: "a",
      type: "IP",
      addresses: ["10.0.0.2"],
      dns: [],
    });
    expect(peer.commands.filter((line) => line === "AT+CGPADDR=1")).toHaveLength(3);
  });

  it("of an inactive or unknown one is empty", async () => {
    const { data } = network({ definitions: ['1,"IPV6","a"', '2,"NONIP","b"'] });
    expect(await data.status(1)).toEqual({ cid: 1, active: false, apn: "a", type: "IPV6", addresses: [], dns: [] });
    expect(await data.status(2)).toMatchObject({ active: false, apn: "" });
  });

  it("survives firmware without the commands for details", async () => {
    const { data } = network({ active: [1], definitions: ['1,"IP","a"'] });
    expect(await later(data.status(1))).toMatchObject({ active: true, addresses: [], dns: [] });
  });
});

describe("DNS servers", () => {
  it("are overridden one by one, by kind of address", async () => {
    const { data, written, peer } = network();
    await data.setDns(1, "8.8.8.8", "");
    await data.setDns(2, "", "2001:4860:4860::8888");
    expect(written()).toEqual(['AT+UDNSCFG=1,1,0,"8.8.8.8"', 'AT+UDNSCFG=2,2,1,"2001:4860:4860::8888"']);
    expectExplained(peer.commands);
  });

  it("must be addresses", async () => {
    const { data, peer } = network();
    await expect(data.setDns(1, "8.8.8.8", 'dns"')).rejects.toMatchObject({
      message: expect.stringContaining("secondaryDns"),
    });
    expect(peer.commands).toEqual([]);
  });
});

describe("the loss of a context", () => {
  async function watched() {
    const parts = network({ active: [1, 2] });
    await parts.data.activate(1);
    await parts.data.activate(2);
    const lost: [number, string][] = [];
    const leave = parts.data.onLost((cid, reason) => lost.push([cid, reason]));
    return { ...parts, lost, leave };
  }

  it("is told by +CGEV, for one or for all", async () => {
    const { peer, lost } = await watched();
    peer.urc("+CGEV: NW PDN DEACT 2");
    peer.urc("+CGEV: NW PDN DEACT 2");
    peer.urc("+CGEV: ME PDN ACT 1");
    await turns();
    expect(lost).toEqual([[2, "NW PDN DEACT 2"]]);
    peer.urc("+CGEV: NW DETACH");
    await turns();
    expect(lost.at(-1)).toEqual([1, "NW DETACH"]);
    expect(lost).toHaveLength(2);
  });

  it("is found out when +UUPSDD names a profile", async () => {
    const { peer, lost, active } = await watched();
    active.splice(0, 1);
    peer.urc("+UUPSDD: 0");
    await turns();
    expect(lost).toEqual([[1, "+UUPSDD: 0"]]);
  });

  it("does no harm by a listener that fails, whichever line tells it", async () => {
    const { peer, data, active, trace, lost } = await watched();
    data.onLost(() => {
      throw new Error("no listener of mine");
    });
    active.splice(0, 1);
    peer.urc("+UUPSDD: 0");
    await turns();
    expect(lost).toHaveLength(1);
    expect(trace.join("\n")).toContain("no listener of mine");
  });

  it("by order is no news, and nobody is told who has left", async () => {
    const { peer, lost, data, leave } = await watched();
    peer.on(/^AT\+CGACT=0,2$/, () => {
      peer.urc("+CGEV: ME PDN DEACT 2");
      return ["OK"];
    });
    await data.deactivate(2);
    await turns();
    expect(lost).toEqual([]);
    leave();
    peer.urc("+CGEV: NW DETACH");
    await turns();
    expect(lost).toEqual([]);
  });

  it("that went before it was deactivated by order is no news either", async () => {
    const { peer, lost, data, active } = await watched();
    active.splice(active.indexOf(2), 1);
    await data.deactivate(2);
    peer.urc("+CGEV: NW DETACH");
    await turns();
    expect(lost).toEqual([[1, "NW DETACH"]]);
  });

  it("is not watched any more once the driver is disposed of", async () => {
    const { peer, lost, driver } = await watched();
    driver.dispose(new ModemError("MODEM_OFFLINE", "closed"));
    peer.urc("+CGEV: NW DETACH");
    await turns();
    expect(lost).toEqual([]);
  });
});

describe("F31 the most that can be active", () => {
  function busy(active: readonly number[]) {
    const parts = network();
    parts.peer.on(/^AT\+CGACT\?$/, () => [...active.map((cid) => `+CGACT: ${cid},1`), "OK"]);
    return parts;
  }

  it("F31 is five primary contexts, and the error names them", async () => {
    const { data, peer } = busy([1, 2, 3, 4, 5]);
    await expect(data.activate(6)).rejects.toMatchObject({
      code: "MODEM_BUSY",
      message: expect.stringContaining("1, 2, 3, 4, 5"),
    });
    expect(peer.commands).not.toContain("AT+CGACT=1,6");
  });

  it.each([
    [[1, 2, 3, 4], 6],
    [[1, 2, 3, 4, 5], 5],
    [[], 8],
  ])("F31 neighbour: leaves room beside %j for %i", async (active, cid) => {
    const { data } = busy(active);
    await data.activate(cid);
  });
});
