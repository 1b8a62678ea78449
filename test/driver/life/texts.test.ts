import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useEventLoopClock } from "../../support/clock";
import { SOON, startLife, type TestLife } from "./start-life";

useEventLoopClock();

let life: TestLife;

beforeEach(async () => {
  life = await startLife();
});
afterEach(() => life.end());

const FROM = '"+491701234567",,"26/11/29,10:00:00+04"';

describe("texts from the network", () => {
  it.each(["RDY", "TEST READY"])("F05 a short message that says %s does not restart the session", async (text) => {
    const { modem, peer, states } = await life.up();
    const urcs: unknown[] = [];
    modem.on("urc", (urc) => urcs.push(urc));
    peer.print(`+CMT: ${FROM}\r\n${text}`);
    expect((await modem.execute("+CSQ", SOON)).lines).toEqual(["+CSQ: 17,99"]);
    expect(urcs).toEqual([expect.objectContaining({ text: `+CMT: ${FROM}`, body: text })]);
    expect(states.at(-1)).toBe("ready");
  });

  it.each(["OK", "ERROR", "+CME ERROR: 3"])("F05 a list of messages is whole although one says %s", async (text) => {
    const { modem, peer } = await life.up();
    const header = `+CMGL: 1,"REC READ",${FROM}`;
    peer.replies.set('AT+CMGL="ALL"', [`${header}\r\n${text}\r\n${header}\r\nhello`]);
    expect(await modem.execute('AT+CMGL="ALL"', SOON)).toEqual({
      result: "OK",
      lines: [header, text, header, "hello"],
    });
  });

  it("F06 an answer of several lines in quotation marks is one line", async () => {
    const { modem, peer } = await life.up();
    const balance = '+CUSD: 1,"Balance: 12.50\r\nExp 01 Jan\r\n00. Home",15';
    peer.replies.set('AT+CUSD=1,"*100#"', [balance]);
    expect((await modem.execute('AT+CUSD=1,"*100#"', SOON)).lines).toEqual([balance]);
  });
});

describe("F30 a flow's command that opens data mode", () => {
  const OPENING = ["ATD*99***1#", "ATDT5551234", "ATA", "ATO", 'AT+CGDATA="PPP",1', "AT+CMUX=0", "AT+CSQ;+CMUX=0"];
  it.each(OPENING)("F30 is refused where that is known: %s", async (command) => {
    const { modem, peer } = await life.up();
    await expect(modem.execute(command, SOON)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("data mode"),
    });
    expect(peer.commands).not.toContain(command);
  });

  it.each(['AT+TSEND="+CMUX=0"', "ATD5551234;", "AT&D0", "AT+UFTPC=13"])(
    "F30 neighbour: one that only looks like it is sent: %s",
    async (command) => {
      const { modem, peer } = await life.up();
      peer.replies.set(command, []);
      expect((await modem.execute(command, SOON)).result).toBe("OK");
    },
  );

  it.each(["CONNECT", "CONNECT 115200"])("F30 data mode is left where nobody knew: %s", async (connect) => {
    const { modem, peer } = await life.up();
    peer.replies.set("AT+TDATA", () => {
      peer.inDataMode = true;
      return connect;
    });
    const failed = expect(modem.execute("AT+TDATA", SOON)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("AT+TDATA opened and left data mode"),
    });
    await peer.heard("AT+TDATA");
    peer.print("file bytes\r\nOK\r\n+CSQ: 1,1");
    await failed;
    expect((await modem.execute("AT+CSQ", SOON)).lines).toEqual(["+CSQ: 17,99"]);
    expect(modem.state).toBe("ready");
  });
});
