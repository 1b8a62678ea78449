import { once } from "node:events";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { closeInProcess, openInProcess, simulatorFor } from "../../../simulator/faces/in-process";
import { AtClient } from "../../support/at-client";
import { turns } from "../../support/clock";

const opened = new Set<string>();

/** A port that is switched off after the test. */
function port(text: string): string {
  opened.add(text);
  return text;
}

function open(text: string, urcPrefixes: readonly string[] = []): AtClient {
  return new AtClient(openInProcess(port(text)), { urcPrefixes });
}

afterEach(() => {
  for (const text of opened) closeInProcess(text);
  opened.clear();
});

describe("a simulated port", () => {
  it.each([
    ["LARA-R6", "LARA-R6001"],
    ["lara-r6", "LARA-R6001"],
    ["BG96", "BG96"],
  ])("sim:%s answers as that modem", async (model, name) => {
    expect((await open(`sim:${model}`).send("AT+CGMM")).lines).toEqual([name]);
  });

  it("refuses what its model does not have, in that model's way", async () => {
    const [lara, bg96] = [open("sim:LARA-R6"), open("sim:BG96")];
    for (const client of [lara, bg96]) await client.send("AT+CMEE=2");
    expect((await lara.send("AT+QIACT?")).result).toBe("+CME ERROR: operation not supported");
    expect((await bg96.send("AT+UHTTP=0")).result).toBe("ERROR");
    expect((await lara.send("AT+CFUN=?")).lines).toEqual(["+CFUN: (0,1,4,15,16),(0,1)"]);
    expect((await bg96.send("AT+CFUN=16")).result).toBe("+CME ERROR: incorrect parameters");
    expect((await lara.send('AT+CGDCONT=9,"IP",""')).result).toBe("+CME ERROR: incorrect parameters");
    expect((await bg96.send('AT+CGDCONT=9,"IP",""')).result).toBe("OK");
  });

  it("takes the options of the command", async () => {
    const client = open("sim:LARA-R6?operator=I%20TIM&imei=123456789012345&seed=2&registration=0&name=mine");
    expect((await client.send("AT+COPS?")).lines).toEqual(['+COPS: 0,0,"I TIM",7']);
    expect((await client.send("AT+CGSN")).lines).toEqual(["123456789012345"]);
  });

  it("takes them with the command's dashes too", async () => {
    const client = open("sim:LARA-R6?--operator=I%20TIM&--apn-user=me");
    expect((await client.send("AT+COPS?")).lines).toEqual(['+COPS: 0,0,"I TIM",7']);
  });

  it("prints both directions when it is told to", async () => {
    const print = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    onTestFinished(() => print.mockRestore());
    await open("sim:BG96?trace=1").send("AT+CGMM");
    const printed = print.mock.calls.map(([text]) => text).join("");
    expect(printed).toContain("> AT+CGMM\\r\n");
    expect(printed).toContain("< \\r\\nBG96\\r\\n\n");
  });

  it.each([
    ["sim:EC25", /no simulated modem "EC25"; there are LARA-R6, BG96/],
    ["sim:", /no simulated modem ""/],
    ["sim:BG96?bauds=9600", /unknown option "bauds"; there are baud, latency/],
    ["sim:BG96?baud=fast", /"fast" can't be the value of "baud"/],
    ["sim:BG96?baud=1&baud=2", /"baud" is given twice/],
    ["sim:BG96?imei=12", /"12" can't be the value of "imei"/],
    ["sim:BG96?operator=a%22b", /can't be the value of "operator"/],
    ["sim:BG96?operator=%zz", /percent sign/],
    ["sim:BG96?route=nonsense", /route "nonsense"/],
    ["sim:BG96?fault=explode", /no fault "explode"/],
    ["/dev/ttyUSB0", /is not a simulated port/],
  ])("%s is refused with words that help", (text, message) => {
    expect(() => openInProcess(text)).toThrow(message);
  });

  it("is the same modem for the same text, another for another name", async () => {
    const first = open("sim:BG96?name=one");
    await first.send('AT+CGDCONT=2,"IP","kept"');
    first.close();
    await once(first.stream, "close");
    expect((await open("sim:BG96?name=one").send("AT+CGDCONT?")).lines).toHaveLength(2);
    expect((await open("sim:BG96?name=two").send("AT+CGDCONT?")).lines).toHaveLength(1);
  });

  it("is in use while it is open, and free when the stream has closed", async () => {
    const client = open("sim:BG96");
    expect(() => openInProcess("sim:BG96")).toThrow(/port in use/);
    client.stream.end();
    await once(client.stream, "close");
    expect((await open("sim:BG96").send("AT")).result).toBe("OK");
  });

  it("never answers before the write has returned", async () => {
    const stream = openInProcess(port("sim:LARA-R6"));
    let answered = false;
    stream.on("data", () => {
      answered = true;
    });
    stream.write("AT\r");
    expect(answered).toBe(false);
    await expect.poll(() => answered).toBe(true);
  });

  it("lets other work run between a command and its answer", async () => {
    const client = open("sim:LARA-R6");
    let turns = 0;
    const count = () => {
      turns++;
      handle = setImmediate(count);
    };
    let handle = setImmediate(count);
    for (let index = 0; index < 20; index++) await client.send("AT");
    clearImmediate(handle);
    expect(turns).toBeGreaterThanOrEqual(20);
  });

  it("gives a reader that is slow everything, in order", async () => {
    const stream = openInProcess(port("sim:LARA-R6"));
    for (let index = 0; index < 2000; index++) stream.write("AT+CGMI=?\r");
    await turns(20);
    const client = new AtClient(stream, { timeout: 10_000 });
    await client.send("AT+GCAP", /^\+GCAP/);
    expect(client.received.match(/\r\nOK\r\n/g)).toHaveLength(2000);
  });
});

describe("a modem that is unplugged", () => {
  it("ends the stream with an error, and can't be opened until it is plugged in", async () => {
    const client = open("sim:LARA-R6");
    await client.send("AT");
    const failed = once(client.stream, "error");
    simulatorFor("sim:LARA-R6").fault("unplug");
    expect(String((await failed)[0])).toContain("unplugged");
    expect(() => openInProcess("sim:LARA-R6")).toThrow(/unplugged/);
    simulatorFor("sim:LARA-R6").fault("plug");
    expect((await open("sim:LARA-R6").send("AT")).result).toBe("OK");
  });

  it("comes back by itself after the time that was asked for", async () => {
    const client = open("sim:LARA-R6");
    const failed = once(client.stream, "error");
    simulatorFor("sim:LARA-R6").fault("unplug:30ms");
    await failed;
    await expect.poll(() => simulatorFor("sim:LARA-R6").plugged).toBe(true);
    expect((await open("sim:LARA-R6").send("AT")).result).toBe("OK");
  });
});
