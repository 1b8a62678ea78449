import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commandLine, quote } from "../../../../driver/at/fields";
import { RecentSecrets } from "../../../../driver/at/trace/fragments";
import { failure } from "../../../support/failure";
import { NO_GAP, setUp, simple } from "../channel/set-up";
import { bytes } from "../parser/feed";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the trace", () => {
  const secret = (value: string) => {
    const name = commandLine("+UHTTP=", 0, 3, quote(value, { field: "password", max: 64, secret: true }));
    return { ...name, timeout: 1000 };
  };

  it("shows both directions, payloads as a number of bytes", async () => {
    const { channel, line, trace } = setUp();
    const upload = { prompt: ">", data: bytes("abc") } as const;
    const work = channel.send(simple("AT+UDWNFILE=1", { upload }));
    line.say("AT+UDWNFILE=1\r\r\n>");
    await vi.advanceTimersByTimeAsync(50);
    line.say('\r\n+UUFTPCD: 1,2,"ab"\r\nOK\r\n');
    await work;
    const download = channel.send(simple("AT+R", { download: { length: 5 } }));
    line.say("\r\nCONNECT\r\nab");
    line.say("cde\r\nOK\r\n");
    await download;
    expect(trace).toEqual([
      "sent AT+UDWNFILE=1",
      "received AT+UDWNFILE=1",
      "received >",
      "sent <3 bytes>",
      'received +UUFTPCD: 1,2,"" <2 bytes>',
      "received OK",
      "sent AT+R",
      "received CONNECT",
      "received <5 bytes>",
      "received OK",
    ]);
  });

  it.each([
    ["its echo", 'AT+UHTTP=0,3,"P455w0rd"\r\r\nERROR\r\n'],
    ["a damaged echo", 'TTP=0,3,"P455w0rd"\r\r\nERROR\r\n'],
    ["noise", 'xx 0,3,"P455w0rd" xx\r\nERROR\r\n'],
    ["an answer", '+UHTTP: 0,3,"P455w0rd"\r\nERROR\r\n'],
    ["the error", "+CME ERROR: P455w0rd\r\n"],
  ])("shows no secret that comes back in %s", async (_where, answer) => {
    const noise: string[] = [];
    const { channel, line, trace } = setUp({ hooks: { onNoise: (data) => noise.push(Buffer.from(data).toString()) } });
    const work = failure(channel.send(secret("P455w0rd")));
    line.say(answer);
    const error = await work;
    const seen = JSON.stringify([trace, noise, error.message, error.cause]);
    expect(seen).toContain('AT+UHTTP=0,3,\\"***\\"');
    expect(seen).not.toContain("P455");
  });

  it.each([
    ["AT+CPIN=***", 'AT+CPI;="7391\xd1\r\r\nOK\r\n'],
    ["AT+CPIN=***", 'AT+CPIN=\r\n+CEREG: 5\r\n"7391\r\n+CEREG: 5\r\n"\r\r\nOK\r\n'],
    ["AT+CGAUTH?", 'AT+CGAUTH?\r\r\n+CGhUTH: 1,1,"bob","7391"\r\n\r\nOK\r\n'],
    ["AT+CGAUTH?", 'AT+CGAUTH?\r\r\n^CGAUTH: 1,1,"bob","7391"\r\n\r\nOK\r\n'],
  ])("F39 neighbour: shows no PIN of %s in a line whose bytes are changed (%j)", async (label, answer) => {
    const noise: string[] = [];
    const { channel, line, trace } = setUp({ hooks: { onNoise: (data) => noise.push(Buffer.from(data).toString()) } });
    const text = label.replace("***", '"7391"');
    const work = channel.send({ ...simple(text), label, confidential: !label.includes("*") });
    line.say(bytes(answer));
    await work;
    expect(JSON.stringify([trace, noise])).not.toContain("7391");
  });

  it("shows no more than the prefix of an answer that may hold secrets, in time or too late", async () => {
    const { channel, line, trace } = setUp();
    const command = simple("AT+QICSGP=1", { expects: [{ prefix: "+QICSGP:" }], confidential: true });
    const work = channel.send(command);
    line.say('\r\n+QICSGP: 1,"apn","me","P455w0rd",1\r\n\r\n+CSQ: 1,2\r\nOK\r\n');
    expect((await work).lines[0]?.text).toContain("P455w0rd");
    line.say('\r\n+QICSGP: 1,"apn","me","P455w0rd",1\r\n');
    expect(JSON.stringify(trace)).not.toContain("P455w0rd");
    expect(JSON.stringify(trace)).toContain("+QICSGP: ***");
    expect(JSON.stringify(trace)).toContain("+CSQ: 1,2");
  });

  it("shows no byte of a secret that lost some on its way back", async () => {
    const { channel, line, trace } = setUp();
    const work = failure(channel.send(secret("P455w0rd")));
    line.say('AT+UHTTP=0,3,"P455w0d"\r\r\nERROR\r\n');
    await work;
    expect(trace).toEqual(['sent AT+UHTTP=0,3,"***"', 'received AT+UHTTP=0,3,"***"', "received ERROR"]);
  });

  it.each([
    ["alone", '\r\n+UUSECPRF: 0,13,2,"S3ss10n"\r\n', "received +UUSECPRF: ***"],
    ["behind what lost its line end", 'RDY+UUSECPRF: 0,13,2,"S3ss10n"\r\n', "received RDY+UUSECPRF: ***"],
    ["with a byte lost in its prefix", '\r\n+UUSEPRF: 0,13,2,"S3ss10n"\r\n', "received +UUSEPRF: ***"],
    ["with a byte doubled in its prefix", '\r\n+UUSSECPRF: 0,13,2,"S3ss10n"\r\n', "received +UUSSECPRF: ***"],
    ["without its colon", '\r\n+UUSECPRF 0,13,2,"S3ss10n"\r\n', "received +UUSECPRF ***"],
  ])("shows of a confidential URC no more than the prefix: %s", (_how, text, shown) => {
    const heard: string[] = [];
    const dialect = { ...NO_GAP, urcs: [...NO_GAP.urcs, { prefix: "+UUSECPRF:", confidential: true }] };
    const { channel, line, trace } = setUp({ dialect });
    channel.onUrc("", (urc) => heard.push(urc.text));
    line.say(text);
    expect(trace).toEqual([shown]);
    expect(heard.join()).toContain("S3ss10n");
  });

  it("shows no more than the prefix of a confidential URC that never ends", async () => {
    const noise: string[] = [];
    const dialect = { ...NO_GAP, urcs: [{ prefix: "+UUSECPRF:", confidential: true }] };
    const { channel, line, trace } = setUp({ dialect, hooks: { onNoise: (data) => noise.push(`${data}`) } });
    const work = failure(channel.send(simple("AT+CSQ")));
    line.say('AT+CSQ\r\r\n+UUSECPRF: 0,13,2,"S3ss10n');
    await vi.advanceTimersByTimeAsync(60_000);
    await work;
    expect(noise).toEqual(["+UUSECPRF: ***"]);
    expect(JSON.stringify(trace)).not.toContain("S3ss10n");
  });

  it("shows other URCs whole, however alike they begin", () => {
    const dialect = { ...NO_GAP, urcs: [{ prefix: "+UUSECPRF:", confidential: true }] };
    const { line, trace } = setUp({ dialect });
    const others = ["+UUSOCL: 0", "+UUSORD: 0,4", "+UUSIMSTAT: 1", "+CEREG: 1", "RING", "+UUHTTPCR: 0,1,1"];
    for (const text of others) line.say(`\r\n${text}\r\n`);
    expect(trace).toEqual(others.map((text) => `received ${text}`));
  });

  it("shows no part of an upload that a modem which left its prompt takes for commands", async () => {
    const noise: string[] = [];
    const { channel, line, trace } = setUp({ hooks: { onNoise: (data) => noise.push(`${data}`) } });
    const lines = ["-----BEGIN PRIVATE KEY-----", "MIIEvgIBADANBgkqhkiG9w0BAQEFAASC", "+S3cret/BKgwggSkAgEAAoIBAQ=="];
    const data = bytes(`${lines.join("\n")}\n`);
    const work = failure(channel.send(simple("AT+USECMNG=0", { upload: { prompt: ">", data } })));
    line.say("AT+USECMNG=0\r\r\n>");
    await vi.advanceTimersByTimeAsync(50);
    line.say(`\r\nRDY\r\n${lines.join("\r\n").replace("VgIBADAN", "VgIBA\r\nDAN")}\r\n\r\nERROR\r\n`);
    await work;
    expect(JSON.stringify([trace, noise])).not.toMatch(/MIIEvg|ADANBgkq|S3cret|BKgwgg/);
    expect(trace).toEqual(expect.arrayContaining(["sent <90 bytes>", "received RDY", "received <28 bytes>"]));
  });

  it.each([
    ["with bytes changed", 'AT+UHTTP=0,3,"P4~5w0r~-of-me"', 'AT+UHTTP=0,3,"***"'],
    ["with bytes doubled", 'AT+UHTTP=0,33,"P4555w0rdd-of-mee"', 'AT+UHTTP=0,3,"***"'],
    ["cut", "w0rd-of-m", "<9 bytes>"],
    ["in part in an error", "+CME ERROR: 5w0rd-o", "+CME ERROR: <7 bytes>"],
  ])("shows no piece of a secret that comes back %s", async (_how, answer, shown) => {
    const noise: string[] = [];
    const { channel, line, trace } = setUp({ hooks: { onNoise: (data) => noise.push(`${data}`) } });
    const work = failure(channel.send(secret("P455w0rd-of-me")));
    line.say(`\r\n${answer}\r\n`);
    line.say("\r\nERROR\r\n");
    const error = await work;
    const seen = JSON.stringify([trace, noise, error.message, error.cause]);
    expect([...trace, ...noise].join("\n")).toContain(shown);
    expect(seen).not.toMatch(/P4[5~]|w0rd|of-me/);
  });

  it("shows no part of an upload that comes back in one line, and to the channel after a reboot", async () => {
    const noise: string[] = [];
    const recent = new RecentSecrets();
    const hooks = { onNoise: (data: Uint8Array) => noise.push(`${data}`) };
    const first = setUp({ hooks, recent });
    const data = bytes("-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkq\nS3cretKeyWithMore\n-----END PRIVATE KEY-----\n");
    const work = failure(first.channel.send(simple("AT+USECMNG=0", { upload: { prompt: ">", data } })));
    first.line.say("AT+USECMNG=0\r\r\n>");
    await vi.advanceTimersByTimeAsync(50);
    first.line.say("\r\nANBgkqS3cretKeyWithMore-----END PRIVATE KEY-----AT+CFUN?\r\r\nERROR\r\n");
    await work;
    const second = setUp({ hooks, recent });
    second.line.say("\r\nADANBgkqS3cretKey\u0000With\r\n");
    const next = second.channel.send(simple("AT+CFUN?", { expects: [{ prefix: "+CFUN:" }] }));
    second.line.say("tKeyWithMore-----END PRIVATE KEY-----AT+CFUN?\r\r\n+CFUN: 1\r\nOK\r\n");
    await next;
    const shown = [...first.trace, ...second.trace, ...noise];
    expect(shown.join("\n")).not.toMatch(/S3cret|KeyWith|ANBgkq/);
    expect(shown).toEqual(expect.arrayContaining(["sent AT+CFUN?", "received +CFUN: 1", "received OK"]));
  });

  it("shows nothing of content that an answer has without a prefix", async () => {
    const { channel, line, trace } = setUp();
    const work = channel.send(simple("AT+QFDWL=1", { expects: [{ prefix: "any" }], confidential: true }));
    line.say("AT+QFDWL=1\r\r\nCONNECT\r\nMIIEvgIBADANBgkq\nS3cret\r\n+QFDWL: 24,3f\r\nOK\r\n");
    expect((await work).lines.map(({ text }) => text)).toContain("S3cret");
    expect(JSON.stringify(trace)).not.toMatch(/MIIE|S3cret/);
    expect(trace).toContain("received <6 bytes>");
  });

  it.each([
    ["with a byte lost in its prefix", '\r\n+URDBOCK: "k",59,"KEY,'],
    ["with its length doubled", '\r\n+URDBLOCK: "k",1,"KEY,'],
    ["without its beginning", "\r\nOCK: KEY,"],
  ])("shows nothing of an answer that may hold secrets: %s", async (_how, beginning) => {
    const noise: string[] = [];
    const { channel, line, trace } = setUp({ hooks: { onNoise: (data) => noise.push(`${data}`) } });
    const command = simple("AT+URDBLOCK=1", { expects: [{ prefix: "+URDBLOCK:" }], confidential: true });
    const work = failure(channel.send(command));
    line.say(
      `AT+URDBLOCK=1\r${beginning}MIIEvgIBADANBgkqhkiG9w0BAQEFAASC\n+S3cret/BKgwggSkAgEAAoIBAQ==\n"\r\nERROR\r\n`,
    );
    line.say("\r\nS3cretToo\r\n");
    await work;
    expect(JSON.stringify([trace, noise])).not.toMatch(/KEY|MIIEvg|S3cret/);
    expect(noise).toContain("<28 bytes>");
    expect(trace).toContain("received <9 bytes>");
    line.say("\r\nRDY\r\n");
    expect(trace.at(-1)).toBe("received RDY");
  });

  it("shows no secret of a command that is not answered", async () => {
    const { channel, trace } = setUp();
    const work = failure(channel.send(secret("P455w0rd")));
    await vi.advanceTimersByTimeAsync(1000);
    const error = await work;
    expect(error.code).toBe("MODEM_TIMEOUT");
    expect(JSON.stringify([trace, error.message, error.cause])).not.toContain("P455");
  });
});
