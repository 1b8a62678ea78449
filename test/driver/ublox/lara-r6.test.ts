import { describe, expect, it } from "vitest";
import { LARA_R6 } from "../../../driver/ublox/lara-r6";
import { bench, expectExplained } from "./bench";

describe("LARA-R6", () => {
  it("is recognised by what ATI and +CGMM say", () => {
    for (const text of ["LARA-R6001D-00B-00", "u-blox\nLARA-R6401\n", "lara-r6801-00b"]) {
      expect(LARA_R6.matches(text)).toBe(true);
    }
    for (const text of ["BG96", "SARA-R510S", "LARA-R211", ""]) expect(LARA_R6.matches(text)).toBe(false);
  });

  it("asks for 20 ms before a command and 50 ms before data at a prompt", () => {
    expect(LARA_R6.dialect.gap).toBe(20);
    expect(LARA_R6.dialect.promptDelay).toEqual({ "@": 50, ">": 50, CONNECT: 0 });
    expect(LARA_R6.bootTime).toBe(10_000);
  });

  it("takes counted strings out of the answers that have them", async () => {
    const trap = '"\r\nOK\r\n+CSQ: 1';
    const cases: [string, string, number][] = [
      ["+USORD:", `+USORD: 0,${trap.length},"${trap}"`, 2],
      ["+USORF:", `+USORF: 0,"1.2.3.4",7,${trap.length},"${trap}"`, 4],
      ["+URDFILE:", `+URDFILE: postdata.txt,${trap.length},"${trap}"`, 2],
      ["+URDBLOCK:", `+URDBLOCK: "a",${trap.length},"${trap}"`, 2],
      ["+UMQTTC:", `+UMQTTC: 6,0,${trap.length + 1},1,"t",${trap.length},"${trap}"`, 6],
      ["+UMQTTSNC:", `+UMQTTSNC: 9,1,0,${trap.length + 1},1,"1",${trap.length},"${trap}"`, 7],
    ];
    for (const [prefix, line, field] of cases) {
      const { channel, peer } = bench();
      peer.on(/^AT\+X$/, [line, "OK"]);
      const { lines } = await channel.send({ line: "AT+X", label: "AT+X", expects: [{ prefix }], timeout: 1000 });
      expect(lines[0]?.data.find((string) => string.field === field)?.bytes.toString("latin1")).toBe(trap);
    }
  });
});

describe("initialisation", () => {
  const SETTINGS = ["ATE1", "AT+CMEE=2", "AT+UDCONF=1,0", "AT&C1", "AT&D0", "AT+CGEREP=2,1"];
  /** Asks which sockets there are. */
  const SOCKETS = [0, 1, 2, 3, 4, 5, 6].map((number) => `AT+USOCTL=${number},0`);

  it("sends what the modem forgets, and +CSCON only when it is off", async () => {
    const { driver, peer } = bench();
    peer.on(/^AT/, ["OK"]);
    peer.on(/^AT\+USOCTL=/, ["ERROR"]);
    peer.on(/^AT\+CSCON\?$/, ["+CSCON: 0,0", "OK"]);
    await driver.initialise();
    expect(peer.commands).toEqual([...SETTINGS, "AT+CSCON?", "AT+CSCON=1", ...SOCKETS]);
    peer.on(/^AT\+CSCON\?$/, ["+CSCON: 1,1", "OK"]);
    peer.commands.length = 0;
    await driver.initialise();
    expect(peer.commands).toEqual([...SETTINGS, "AT+CSCON?", ...SOCKETS]);
    expectExplained(peer.commands);
  });

  it("closes sockets that an earlier session has left open", async () => {
    const { driver, peer } = bench();
    peer.on(/^AT/, ["OK"]);
    peer.on(/^AT\+USOCTL=/, ["ERROR"]);
    peer.on(/^AT\+USOCTL=2,0$/, ["+USOCTL: 2,0,6", "OK"]);
    peer.on(/^AT\+USOCTL=5,0$/, ["+USOCTL: 5,0,17", "OK"]);
    peer.on(/^AT\+USOCL=5$/, ["ERROR"]);
    await driver.initialise();
    expect(peer.commands.filter((line) => line.startsWith("AT+USOCL"))).toEqual(["AT+USOCL=2", "AT+USOCL=5"]);
    expectExplained(peer.commands);
  });

  it("does without what a port or firmware refuses", async () => {
    const { driver, peer } = bench();
    peer.on(/^AT(E1|\+CMEE=2)$/, ["OK"]);
    await driver.initialise();
    expect(peer.commands).toEqual([...SETTINGS, "AT+CSCON?", ...SOCKETS]);
  });

  it("F09 does without all of them, and tells which", async () => {
    const { driver, peer } = bench();
    await driver.initialise();
    expect(peer.commands).toContain("AT+CMEE=1");
    const refused = SETTINGS.map((line) => expect.stringContaining(line));
    expect(driver.refusals).toEqual(refused);
  });

  it("takes no +CSCON URC for the answer", async () => {
    const { driver, peer } = bench({ echo: false, between: () => "+CSCON: 1" });
    peer.on(/^AT/, ["OK"]);
    peer.on(/^AT\+CSCON\?$/, ["+CSCON: 0,1", "OK"]);
    await driver.initialise();
    expect(peer.commands).toContain("AT+CSCON=1");
  });
});

describe("persistent settings", () => {
  function store(held: Record<string, string>) {
    const parts = bench();
    parts.peer.on(/^AT\+(UMNOPROF|UDCONF|CFUN)=/, ["OK"]);
    parts.peer.on(/^AT\+UDCONF=(19|66,4)$/, ["ERROR"]);
    for (const [read, answer] of Object.entries(held)) {
      parts.peer.on(new RegExp(`^AT${read.replace(/[+?]/g, "\\$&")}$`), [answer, "OK"]);
    }
    const written = (): string[] =>
      parts.peer.commands.filter((line) => /^AT\+(CFUN|UMNOPROF=|UDCONF=\d+,\d+,\d+)/.test(line));
    return { ...parts, written };
  }

  it("are left alone when nothing is asked for or nothing differs", async () => {
    const { driver, written, peer } = store({
      "+UMNOPROF?": "+UMNOPROF: 100",
      "+UDCONF=19": "+UDCONF: 19, 2, 0",
      "+UDCONF=66,4": "+UDCONF: 66,4,1",
    });
    expect(await driver.persist({})).toBe(false);
    expect(peer.commands).toEqual([]);
    const same = { mnoProfile: 100, xlat: true, defaultContext: { cid: 2, preferIpv6: false } };
    expect(await driver.persist(same)).toBe(false);
    expect(written()).toEqual([]);
    expectExplained(peer.commands);
  });

  it("that differ are written with the radio off, profile first, and nothing else is", async () => {
    const { driver, written, peer } = store({
      "+UMNOPROF?": "+UMNOPROF: 90",
      "+UDCONF=19": "+UDCONF: 19,1,0",
      "+UDCONF=66,4": "+UDCONF: 66,4,0",
    });
    expect(await driver.persist({ mnoProfile: 100, xlat: false, defaultContext: { cid: 2, preferIpv6: true } })).toBe(
      true,
    );
    expect(written()).toEqual(["AT+CFUN=0", "AT+UMNOPROF=100", "AT+UDCONF=19,2,1"]);
    expectExplained(peer.commands);
  });

  it("that can't be read are written once for a modem, unless every modem has them", async () => {
    const imei = (parts: ReturnType<typeof store>, digits: string) => parts.peer.on(/^AT\+CGSN$/, [digits, "OK"]);
    const first = store({});
    imei(first, "356000000000001");
    expect(await first.driver.persist({ defaultContext: { cid: 1, preferIpv6: false } })).toBe(false);
    expect(await first.driver.persist({ xlat: true })).toBe(true);
    expect(first.written()).toEqual(["AT+CFUN=0", "AT+UDCONF=66,4,1"]);
    const rebooted = store({});
    imei(rebooted, "356000000000001");
    expect(await rebooted.driver.persist({ xlat: true })).toBe(false);
    expect(await rebooted.driver.persist({ xlat: false })).toBe(true);
    const other = store({});
    imei(other, "356000000000002");
    expect(await other.driver.persist({ xlat: true })).toBe(true);
    expectExplained(other.peer.commands);
  });

  it("that the firmware lacks are an error, with the radio on again", async () => {
    const { driver, peer } = store({});
    peer.on(/^AT\+CGSN$/, ["356000000000003", "OK"]);
    peer.on(/^AT\+UDCONF=19/, ["+CME ERROR: operation not supported"]);
    const work = driver.persist({ defaultContext: { cid: 2, preferIpv6: false } });
    await expect(work).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(peer.commands.at(-1)).toBe("AT+CFUN=1");
  });

  it("keep Verizon's context 1 for IMS", async () => {
    const { driver, peer } = store({});
    const work = driver.persist({ mnoProfile: 3, defaultContext: { cid: 1, preferIpv6: false } });
    await expect(work).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(peer.commands).toEqual([]);
  });

  it("take force by a reboot of modem and SIM", async () => {
    const { driver, peer } = store({});
    await driver.reboot();
    expect(peer.commands).toEqual(["AT+CFUN=16"]);
    expectExplained(peer.commands);
  });
});
