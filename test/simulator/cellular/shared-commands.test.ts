import { describe, expect, it } from "vitest";
import type { AtClient } from "../../support/at-client";
import { lineModem } from "../line/line-modem";

const WRONG = "+CME ERROR: incorrect parameters";

/** Line → information lines, or the result when it is not OK. */
const ANSWERS: readonly (readonly [string, readonly (string | RegExp)[] | string])[] = [
  ["AT+CGMI", ["Test"]],
  ["AT+CGMM", ["Line"]],
  ["AT+CGMR", ["1"]],
  ["AT+CGMI=?", []],
  ["AT+CGSN", ["357862090033897"]],
  ["AT+CGSN=1", ['+CGSN: "357862090033897"']],
  ["AT+CGSN=4", WRONG],
  ["AT+CIMI", ["001010123456789"]],
  ["AT+CCID", ["+CCID: 89882280666012345678"]],
  ["AT+GCAP", ["+GCAP: +CGSM"]],
  ["AT+WS46=?", ["+WS46: (28)"]],
  ["AT+CMEE=3", WRONG],
  ["AT+CMEE?", ["+CMEE: 2"]],
  ["AT+CPIN?", ["+CPIN: READY"]],
  ['AT+CPIN="1234"', "+CME ERROR: operation not allowed"],
  ["AT+CFUN?", ["+CFUN: 1"]],
  ["AT+CFUN=2", WRONG],
  ["AT+CFUN=0,1", "+CME ERROR: operation not allowed"],
  ["AT+CFUN=?", ["+CFUN: (0,1,4,15,16),(0,1)"]],
  ["AT+CREG?", ["+CREG: 0,1"]],
  ["AT+CREG=4", WRONG],
  ["AT+CEREG=6", WRONG],
  ['AT+CEREG="1"', WRONG],
  ["AT+CEREG=1,2", WRONG],
  ["AT+CEREG=?", ["+CEREG: (0-5)"]],
  ["AT+CGREG=2", []],
  ["AT+CGREG?", ['+CGREG: 2,1,"04D2","01A2D001",7']],
  ["AT+COPS?", ['+COPS: 0,0,"Test Network",7']],
  ["AT+COPS=3,2", []],
  ["AT+COPS?", ['+COPS: 0,2,"00101",7']],
  ['AT+COPS=1,2,"00101"', []],
  ['AT+COPS=1,2,"99999"', "+CME ERROR: no network service"],
  ["AT+COPS=1", WRONG],
  ["AT+COPS=5", WRONG],
  ["AT+COPS=3,0", []],
  ["AT+COPS=?", ['+COPS: (2,"Test Network","Test Net","00101",7),,(0-4),(0-2)']],
  ["AT+CGATT?", ["+CGATT: 1"]],
  ["AT+CGATT=2", WRONG],
  ['AT+CGDCONT=2,"IP","iot"', []],
  ['AT+CGDCONT=9,"IP","iot"', WRONG],
  ['AT+CGDCONT=2,"X25","iot"', WRONG],
  ['AT+CGDCONT=2,IP,"iot"', WRONG],
  ['AT+CGDCONT=2,"IP","io t"', WRONG],
  ["AT+CGACT?", ["+CGACT: 1,1", "+CGACT: 2,0"]],
  ["AT+CGACT=2,1", WRONG],
  ["AT+CGACT=1,2", []],
  ["AT+CGACT=1,5", WRONG],
  ["AT+CGPADDR=2", [/^\+CGPADDR: 2,"10\.\d+\.\d+\.\d+"$/]],
  ["AT+CGACT=0,2", []],
  ["AT+CGPADDR=2", ["+CGPADDR: 2"]],
  ["AT+CGDCONT=2", []],
  ["AT+CGACT?", ["+CGACT: 1,1"]],
  ["AT+CGCONTRDP=?", ["+CGCONTRDP: (1)"]],
  ["AT+CGCONTRDP=3", WRONG],
  ["AT+CSCON?", ["+CSCON: 0,1"]],
  ["AT+CSCON=2", WRONG],
  ["AT+CSQ", ["+CSQ: 23,99"]],
  ["AT+CESQ", ["+CESQ: 99,99,255,255,22,46"]],
  ["AT+CIND?", ["+CIND: 5,5,1,0,0,0,0,0"]],
  ["AT+CMER=1,0,0,1", []],
  ["AT+CMER?", ["+CMER: 1,0,0,1,0"]],
  ["AT+CMER=4", WRONG],
  ['AT+CCLK="26/02/30,10:00:00+00"', WRONG],
  ['AT+CCLK="26/02/28,10:00:00+08"', []],
  ["AT+CCLK?", [/^\+CCLK: "26\/02\/28,10:00:0\d\+08"$/]],
  ['AT+CSCS="KLINGON"', WRONG],
  ['AT+CSCS="UCS2"', []],
  ["AT+COPS?", ['+COPS: 1,0,"00540065007300740020004E006500740077006F0072006B",7']],
  ['AT+CSCS="IRA"', []],
  ['AT+CPMS="SM"', ["+CPMS: 0,255,0,255,0,255"]],
  ["AT+CPMS?", ['+CPMS: "SM",0,255,"ME",0,255,"ME",0,255']],
  ['AT+CPMS="XX"', "+CMS ERROR: operation not allowed"],
  ["AT+CMGL=4", []],
  ["AT+CMGL=5", WRONG],
  ["AT+CMGR=1", "+CMS ERROR: invalid memory index"],
  ["AT+CNMI=2,1,2,1,0", []],
  ["AT+CNMI?", ["+CNMI: 2,1,2,1,0"]],
  ["AT+CNMI=3", WRONG],
  ["AT+CNUM", ['+CNUM: "","+12025550147",145']],
  ["AT+CMGD=1,4", []],
  ["AT+CMGD=1", "+CMS ERROR: invalid memory index"],
  ["AT+CMGD=1,5", WRONG],
  ["AT+CPAS", ["+CPAS: 0"]],
  ["AT+CPSMS?", ['+CPSMS: 0,,,"00011000","00001010"']],
  ['AT+CPSMS=1,,,"00000100","00001111"', []],
  ["AT+CPSMS?", ['+CPSMS: 1,,,"00000100","00001111"']],
  ['AT+CPSMS=1,,,"0000010","00001111"', WRONG],
  ["AT+CPSMS=3", WRONG],
  ["AT+CPSMS=2", []],
  ["AT+CPSMS?", ['+CPSMS: 0,,,"00011000","00001010"']],
  ["AT+CEDRXS?", []],
  ['AT+CEDRXS=1,4,"0101"', []],
  ["AT+CEDRXS?", ['+CEDRXS: 4,"0101"']],
  ['AT+CEDRXS=1,6,"0101"', WRONG],
  ['AT+CEDRXS=1,4,"01012"', "+CME ERROR: text string too long"],
  ["AT+CEDRXS=0,4", []],
  ["AT+CEDRXS?", []],
  ["AT+CEDRXRDP", ["+CEDRXRDP: 0"]],
  ['AT+CLCK="SC",2', ["+CLCK: 0"]],
  ['AT+CLCK="XX",2', WRONG],
  ['AT+CLCK="PN",1,"1234"', "+CME ERROR: operation not allowed"],
  ['AT+CSIM=10,"0020000100"', ['+CSIM: 4,"63C3"']],
  ['AT+CSIM=10,"002000010"', WRONG],
  ['AT+CSIM=10,"00A4040000"', ['+CSIM: 4,"6D00"']],
  ["AT+CRSM=176,12258,0,0,10", ['+CRSM: 144,0,"98882208660621436587"']],
  ["AT+CRSM=176,1,0,0,10", ["+CRSM: 106,130"]],
  ["AT&C1&D2X4", []],
  ["AT&C2", "ERROR"],
];

describe("a shared command", () => {
  it("answers each of a session's lines as 27.007 has it, and refuses what is out of range", async () => {
    const { client } = lineModem();
    await client.send("AT+CMEE=2");
    for (const [line, expected] of ANSWERS) {
      const { lines, result } = await client.send(line);
      if (typeof expected === "string") {
        expect({ line, result }).toEqual({ line, result: expected });
        continue;
      }
      expect({ line, result }).toEqual({ line, result: "OK" });
      expect({ line, lines }).toEqual({
        line,
        lines: expected.map((text) => (text instanceof RegExp ? expect.stringMatching(text) : text)),
      });
    }
  });

  it("has settings that a reboot takes back, contexts and +CSCON that it does not", async () => {
    const { client, modem } = lineModem();
    for (const line of ["AT+CMEE=2", "AT+CEREG=2", "AT+CNMI=2,1", "AT+CSCON=1", 'AT+CGDCONT=3,"IPV6","kept"']) {
      expect((await client.send(line)).result).toBe("OK");
    }
    modem.reboot("test");
    await client.through(/APP RDY\r\n/);
    expect((await client.send("AT+CMEE?")).lines).toEqual(["+CMEE: 0"]);
    expect((await client.send("AT+CEREG?")).lines).toEqual(["+CEREG: 0,1"]);
    expect((await client.send("AT+CNMI?")).lines).toEqual(["+CNMI: 0,0,0,0,0"]);
    expect((await client.send("AT+CSCON?")).lines).toEqual(["+CSCON: 1,1"]);
    expect((await client.send("AT+CGDCONT?")).lines).toContain('+CGDCONT: 3,"IPV6","kept","",0,0,0,0');
  });
});

describe("unsolicited reports", () => {
  /** A client that has asked for everything. */
  async function asked(
    settings: Record<string, string> = {},
  ): Promise<{ client: AtClient; modem: ReturnType<typeof lineModem>["modem"] }> {
    const { client, modem } = lineModem([], { settings });
    for (const line of ["AT+CREG=1", "AT+CEREG=2", "AT+CGEREP=2", "AT+CSCON=1", "AT+CMER=1,0,0,1"])
      await client.send(line);
    return { client, modem };
  }

  it("tell of registration, contexts, connection and indicators as they change", async () => {
    const { client } = await asked();
    await client.send("AT+CFUN=4");
    expect(client.urcs.splice(0)).toEqual([
      "+CGEV: ME PDN DEACT 1",
      "+CSCON: 0",
      "+CIEV: 3,0",
      "+CREG: 0",
      "+CEREG: 0",
    ]);
    await client.send("AT+CFUN=1");
    expect(client.urcs).toEqual([
      "+CIEV: 3,1",
      "+CREG: 1",
      '+CEREG: 1,"04D2","01A2D001",7',
      "+CGEV: ME PDN ACT 1",
      "+CSCON: 1",
    ]);
  });

  it("come when the search is over, and until then the modem searches", async () => {
    const { client } = await asked({ registration: "30" });
    expect((await client.send("AT+CEREG?")).lines).toEqual(["+CEREG: 2,2"]);
    expect((await client.send("AT+COPS?")).lines).toEqual(["+COPS: 0"]);
    expect((await client.send("AT+CGATT=1")).result).toBe("ERROR");
    await client.urc(/^\+CEREG: 1,/);
    expect((await client.send("AT+CGATT?")).lines).toEqual(["+CGATT: 1"]);
  });

  it("do not come unasked", async () => {
    const { client } = lineModem();
    await client.send("AT+CFUN=0");
    await client.send("AT+CFUN=1");
    expect(client.urcs).toEqual([]);
  });
});

describe("packet data", () => {
  it("is refused with another APN than the network has", async () => {
    const { client } = lineModem([], { settings: { apn: "internet" } });
    await client.send("AT+CMEE=1");
    await client.send('AT+CGDCONT=2,"IP","wrong"');
    expect((await client.send("AT+CGACT=1,2")).result).toBe("+CME ERROR: 33");
    await client.send('AT+CGDCONT=2,"IP","Internet"');
    expect((await client.send("AT+CGACT=1,2")).result).toBe("OK");
  });

  it("is refused without a network", async () => {
    const { client } = lineModem();
    await client.send("AT+CMEE=1");
    await client.send("AT+COPS=2");
    expect((await client.send("AT+COPS?")).lines).toEqual(["+COPS: 2"]);
    expect((await client.send("AT+CGACT=1,1")).result).toBe("+CME ERROR: 30");
  });

  it("gives the same addresses for the same seed, others for another", async () => {
    const address = async (seed: string) => {
      const { client } = lineModem([], { settings: { seed } });
      return (await client.send("AT+CGPADDR=1")).lines[0];
    };
    expect(await address("5")).toBe(await address("5"));
    expect(await address("5")).not.toBe(await address("6"));
  });

  it("tells servers, gateway and MTU, one line an address", async () => {
    const { client } = lineModem();
    const { lines } = await client.send("AT+CGCONTRDP=1");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^\+CGCONTRDP: 1,5,"","(10\.\d+\.\d+)\.\d+\.255\.255\.255\.0","\1\.1","192\.0\.2\.53","192\.0\.2\.54","","",0,0,1500$/,
    );
    expect(lines[1]).toMatch(/^\+CGCONTRDP: 1,5,"","(\d+\.){31}\d+",/);
  });
});

describe("the SIM", () => {
  async function locked(): Promise<AtClient> {
    const { client } = lineModem([], { settings: { pin: "1234" } });
    await client.send("AT+CMEE=1");
    return client;
  }

  it("asks for its PIN, and the modem registers when it has it", async () => {
    const client = await locked();
    expect((await client.send("AT+CPIN?")).lines).toEqual(["+CPIN: SIM PIN"]);
    expect((await client.send("AT+CEREG?")).lines).toEqual(["+CEREG: 0,0"]);
    expect((await client.send("AT+CIMI")).result).toBe("+CME ERROR: 11");
    expect((await client.send('AT+CPIN="1234"')).result).toBe("OK");
    expect((await client.send("AT+CPIN?")).lines).toEqual(["+CPIN: READY"]);
    expect((await client.send("AT+CEREG?")).lines).toEqual(["+CEREG: 0,1"]);
  });

  it("takes three wrong PINs, then asks for the PUK", async () => {
    const client = await locked();
    expect((await client.send("AT+CPIN=0000")).result).toBe("+CME ERROR: 16");
    expect((await client.send("AT+CPINR")).lines[0]).toBe("+CPINR: SIM PIN,2,3");
    expect((await client.send('AT+CPIN="12"')).result).toBe("+CME ERROR: 50");
    await client.send('AT+CPIN="0000"');
    expect((await client.send('AT+CPIN="0000"')).result).toBe("+CME ERROR: 12");
    expect((await client.send("AT+CPIN?")).lines).toEqual(["+CPIN: SIM PUK"]);
    expect((await client.send('AT+CPIN="1234"')).result).toBe("+CME ERROR: 50");
    expect((await client.send('AT+CPIN="11111111","4321"')).result).toBe("+CME ERROR: 16");
    expect((await client.send('AT+CPIN="12345678","4321"')).result).toBe("OK");
    expect((await client.send("AT+CPIN?")).lines).toEqual(["+CPIN: READY"]);
  });

  it("asks again after a reboot, for the PIN it was given last", async () => {
    const client = await locked();
    await client.send('AT+CPIN="1234"');
    expect((await client.send('AT+CPWD="SC","1234","5678"')).result).toBe("OK");
    await client.send("AT+CFUN=16");
    await client.through(/APP RDY\r\n/);
    expect((await client.send("AT+CPIN?")).lines).toEqual(["+CPIN: SIM PIN"]);
    expect((await client.send('AT+CPIN="1234"')).result).toBe("ERROR");
    expect((await client.send('AT+CPIN="5678"')).result).toBe("OK");
    expect((await client.send('AT+CLCK="SC",0,"5678"')).result).toBe("OK");
    expect((await client.send('AT+CLCK="SC",2')).lines).toEqual(["+CLCK: 0"]);
  });
});
