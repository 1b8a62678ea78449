import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack, septetsOf, textOf, unpack } from "../../../simulator/cellular/messages/alphabet";
import { deliver, readSubmission, submit } from "../../../simulator/cellular/messages/pdu";
import { readText, userDataOf } from "../../../simulator/cellular/messages/user-data";
import type { ModemHost } from "../modem-host";
import { Bg96Host } from "../quectel/bg96-host";
import { LaraHost } from "../ublox/lara-host";

const MODELS: readonly (readonly [string, () => Promise<ModemHost>])[] = [
  ["LARA-R6", () => LaraHost.open()],
  ["BG96", () => Bg96Host.open()],
];
const TIME = /"\d\d\/\d\d\/\d\d,\d\d:\d\d:\d\d\+00"/;
const SENDER = '"+12025550199"';
const SENDER_PATTERN = SENDER.replace("+", "\\+");
const OWN = "+12025550147";

async function inTextMode(open: () => Promise<ModemHost>): Promise<ModemHost> {
  const host = await open();
  await host.command("AT+CMGF=1");
  return host;
}

/** Types at the prompt, and takes the answer's lines. */
async function type(host: ModemHost, line: string, text: string): Promise<string> {
  host.write(`${line}\r`);
  await host.until(/\r\n> /);
  host.write(text);
  return host.until(/\r\n(OK|ERROR|\+CM[ES] ERROR: [^\r\n]*)\r\n/);
}

describe.each(MODELS)("a short message for a %s", (_model, open) => {
  it("F05 is stored, told and read, and is data whatever it says", async () => {
    const host = await inTextMode(open);
    await host.command("AT+CNMI=2,1");
    for (const text of ["hello", "OK", "ERROR", "RDY", '+CMTI: "ME",9']) host.fault(`sms=${text}`);
    for (let index = 0; index < 5; index += 1) await host.urc(new RegExp(`\\+CMTI: "ME",${index}`));
    host.write('AT+CMGL="ALL"\r');
    const answer = await host.until(/"ME",9\r\n\r\nOK\r\n/);
    expect(answer.replace(new RegExp(TIME, "g"), "TIME")).toBe(
      `${["hello", "OK", "ERROR", "RDY", '+CMTI: "ME",9']
        .map((text, index) => `${index === 0 ? "\r\n" : ""}+CMGL: ${index},"REC UNREAD",${SENDER},,TIME\r\n${text}\r\n`)
        .join("")}\r\nOK\r\n`,
    );
    expect(await host.command('AT+CMGL="REC UNREAD"')).toEqual(["OK"]);
  });

  it("F05 goes straight to the host, in one piece", async () => {
    const host = await inTextMode(open);
    await host.command("AT+CNMI=2,2");
    host.fault("sms=OK\\r\\nRDY");
    expect(await host.until(/RDY\r\n/)).toMatch(
      new RegExp(`^\\r\\n\\+CMT: ${SENDER_PATTERN},,${TIME.source}\\r\\nOK\\r\\nRDY\\r\\n$`),
    );
    expect(await host.command("AT+CMGD=0")).toEqual([expect.stringMatching(/ERROR/)]);
  });

  it("is not told while nobody wants it", async () => {
    const host = await inTextMode(open);
    host.fault("sms=hello");
    expect(await host.command("AT+CPMS?")).toEqual(['+CPMS: "ME",1,255,"ME",1,255,"ME",1,255', "OK"]);
  });

  it("is read, counted and deleted", async () => {
    const host = await inTextMode(open);
    host.fault("sms=one");
    host.fault("sms=two");
    const [header, text, end] = await host.command("AT+CMGR=1");
    expect(header).toMatch(new RegExp(`^\\+CMGR: "REC UNREAD",${SENDER_PATTERN},,`));
    expect([text, end]).toEqual(["two", "OK"]);
    expect((await host.command("AT+CMGR=1"))[0]).toContain('"REC READ"');
    expect(await host.command("AT+CMGD=0,1")).toEqual(["OK"]);
    expect(await host.command("AT+CMGD=?")).toEqual(["+CMGD: (0),(0-4)", "OK"]);
    expect(await host.command("AT+CMGD=0")).toEqual(["OK"]);
    expect((await host.command("AT+CPMS?"))[0]).toContain('"ME",0,255');
  });

  it("stays over a restart", async () => {
    const host = await open();
    host.fault("sms=hello");
    host.fault("reboot");
    for (let lines: string[] = []; !lines.includes("OK"); ) {
      host.write("AT\r");
      lines = await host.until(/OK\r\n/, 20).then(
        () => ["OK"],
        () => [],
      );
    }
    host.write("ATE0;+CMGF=1;+CMGR=0\r");
    await host.until(/\+CMGR: .*\r\nhello\r\n\r\nOK\r\n/);
  });

  it("of other letters comes in UCS2", async () => {
    const host = await inTextMode(open);
    host.fault("sms=Жя");
    expect((await host.command("AT+CMGR=0"))[1]).toBe("0416044F");
  });

  it("F10 comes in hexadecimal digits where +CSCS is UCS2", async () => {
    const host = await inTextMode(open);
    host.fault("character-set=UCS2");
    host.fault("sms=OK");
    expect((await host.command("AT+CMGR=0"))[1]).toBe("004F004B");
  });

  it("shows its details with +CSDH=1", async () => {
    const host = await inTextMode(open);
    await host.command("AT+CSDH=1");
    host.fault("sms=hi");
    expect((await host.command("AT+CMGR=0"))[0]).toMatch(/,145,4,0,0,"\+12025550100",145,2$/);
  });

  it("is a PDU in PDU mode", async () => {
    const host = await open();
    host.fault("sms=hello");
    const [header, pdu, end] = await host.command("AT+CMGR=0");
    const length = Number(header?.replace("+CMGR: 0,,", ""));
    // Service centre, first octet, sender, protocol, coding.
    expect(pdu).toMatch(/^07912120550501F0040B912120550591F90000\d{12}0005E8329BFD06$/);
    expect(pdu?.length).toBe(2 * (length + 8));
    expect(end).toBe("OK");
  });
});

describe.each(MODELS)("F46 a %s", (_model, open) => {
  it("sends a text, and gets what it sends to itself", async () => {
    const host = await inTextMode(open);
    await host.command("AT+CNMI=2,1");
    expect(await type(host, `AT+CMGS="${OWN}"`, "Hello\x1a")).toContain("\r\n+CMGS: 0\r\n\r\nOK\r\n");
    await host.urc(/\+CMTI: "ME",0/);
    expect((await host.command("AT+CMGR=0"))[1]).toBe("Hello");
    expect(await type(host, 'AT+CMGS="+12025550123",145', "x\x1a")).toContain("+CMGS: 1");
  });

  it("F43 sends a text whose line ended with CR LF", async () => {
    const host = await inTextMode(open);
    await host.command("AT+CNMI=2,1");
    expect(await type(host, `AT+CMGS="${OWN}"\r\n`.trimEnd(), "Hello\x1a")).toContain("OK");
    host.write(`AT+CMGS="${OWN}"\r\n`);
    await host.until(/\r\n> /);
    host.write("Hello\x1a");
    await host.urc(/\+CMTI: "ME",1/);
    expect((await host.command("AT+CMGR=1"))[1]).toBe("Hello");
  });

  it("sends a PDU as other programs make it", async () => {
    const host = await open();
    await host.command("AT+CMEE=1");
    // "hellohello" to 46708251358, as 23.040's readers know it.
    const pdu = "0011000B916407281553F80000AA0AE8329BFD4697D9EC37";
    expect(await type(host, "AT+CMGS=23", `${pdu}\x1a`)).toContain("+CMGS: 0");
    expect(await type(host, "AT+CMGS=22", `${pdu}\x1a`)).toContain("+CMS ERROR: 304");
    expect(await type(host, "AT+CMGS=23", "nonsense\x1a")).toContain("+CMS ERROR: 304");
  });

  it("sends nothing after ESC", async () => {
    const host = await inTextMode(open);
    const answer = await type(host, `AT+CMGS="${OWN}"`, "Hello\x1b");
    expect(answer).not.toContain("+CMGS:");
    expect(answer).toContain("\r\nOK\r\n");
  });

  it("sends nothing without a network", async () => {
    const host = await inTextMode(open);
    await host.command("AT+CMEE=1");
    host.fault("lost-registration");
    expect(await type(host, `AT+CMGS="${OWN}"`, "Hello\x1a")).toContain("+CMS ERROR: 331");
  });

  it("writes, lists and sends a stored one", async () => {
    const host = await inTextMode(open);
    expect(await type(host, 'AT+CMGW="+12025550123"', "later\x1a")).toContain("+CMGW: 0");
    expect(await host.command('AT+CMGL="STO UNSENT"')).toEqual([
      '+CMGL: 0,"STO UNSENT","+12025550123",,',
      "later",
      "OK",
    ]);
    expect(await host.command("AT+CMSS=0")).toEqual(["+CMSS: 0", "OK"]);
    expect((await host.command("AT+CMGR=0"))[0]).toBe('+CMGR: "STO SENT","+12025550123",');
  });

  it("reports that one has arrived, if it is asked to", async () => {
    const host = await inTextMode(open);
    for (const line of ["AT+CNMI=2,1,0,1", "AT+CSMP=49,167,0,0"]) expect(await host.command(line)).toEqual(["OK"]);
    await type(host, 'AT+CMGS="+12025550123"', "x\x1a");
    expect(await host.urc(/\+CDS: /)).toMatch(/^\+CDS: 6,0,"\+12025550123",145,".*",".*",0$/);
  });

  it.each([
    ['AT+CMGS=""', 305],
    ['AT+CMGS="abc"', 305],
    ["AT+CMSS=9", 321],
    ["AT+CMGR=9", 321],
  ])("refuses %s", async (line, code) => {
    const host = await inTextMode(open);
    await host.command("AT+CMEE=1");
    expect(await host.command(line)).toEqual([`+CMS ERROR: ${code}`]);
  });
});

describe.each(MODELS)("F06 a %s", (_model, open) => {
  it("prints what the network says, in as many lines as it has", async () => {
    const host = await open();
    await host.command("AT+CUSD=1");
    host.fault("ussd=Balance: 12.50\\r\\nExp 01 Jan\\r\\n00. Home");
    expect(await host.until(/,15\r\n/)).toBe('\r\n+CUSD: 1,"Balance: 12.50\r\nExp 01 Jan\r\n00. Home",15\r\n');
  });

  it("F06 neighbour: and in answer to a question, after the OK", async () => {
    const host = await open();
    host.fault("ussd=one\\r\\nOK\\r\\ntwo");
    expect(await host.command('AT+CUSD=1,"*100#",15')).toEqual(["OK"]);
    expect(await host.until(/,15\r\n/)).toBe('\r\n+CUSD: 1,"one\r\nOK\r\ntwo",15\r\n');
  });

  it("F06 neighbour: says nothing while reports are off", async () => {
    const host = await open();
    host.fault("ussd=hello");
    expect(await host.command("AT+CUSD?")).toEqual(["+CUSD: 0", "OK"]);
    expect(host.unread).toBe("");
  });

  it("F06 neighbour: answers questions without a fault too", async () => {
    const host = await open();
    await host.command('AT+CUSD=1,"*100#"');
    expect(await host.urc(/\+CUSD: /)).toBe('+CUSD: 0,"Balance: 12.50",15');
  });
});

describe("a PDU", () => {
  it("packs seven bits into eight and back", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 127 }), { maxLength: 160 }), (septets) => {
        expect(unpack(pack(septets), septets.length)).toEqual(septets);
      }),
    );
  });

  it("holds any text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "€", "[", "é", "\n", "@", "Ж", "Ω"), maxLength: 60 }),
        (text) => {
          expect(userDataOf(text).map(readText).join("")).toBe(text);
        },
      ),
    );
  });

  it("is read as it was written", () => {
    const number = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(
        number,
        fc.boolean(),
        fc.string({ unit: fc.constantFrom("a", "Ж"), maxLength: 60 }),
        (digits, plus, text) => {
          const [data] = userDataOf(text);
          if (data === undefined) throw new Error("no data");
          const to = plus ? `+${digits}` : digits;
          const written = submit(to, data);
          expect(readSubmission(written.text, written.length)).toEqual({ number: to, data, wantsReport: false });
        },
      ),
    );
  });

  it("of garbage is refused in little time", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("0", "1", "F", "9", "x"), maxLength: 512 }),
        fc.nat(170),
        (text, length) => {
          expect(() => readSubmission(text, length)).not.toThrow();
        },
      ),
    );
  });

  it("names a sender of letters, by the half octets that they take", () => {
    const [data] = userDataOf("hi");
    if (data === undefined) throw new Error("no data");
    expect(deliver("Bank", "26/11/29,10:00:00+00", data).text).toContain("07D0C2B07B0D");
    expect(deliver("Network", "26/11/29,10:00:00+00", data).text).toContain("0DD0CE32FDFE96AF01");
    expect(textOf(septetsOf("Bank") ?? [])).toBe("Bank");
  });
});
