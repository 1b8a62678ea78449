import { describe, expect, it } from "vitest";
import { failure, outcome } from "../../../support/failure";
import { message, startMqtt, WAIT } from "./mqtt-session";

const OLD = { counts: false, lengths: false } as const;

describe("old firmware of BG96", () => {
  it("is asked for lengths once, and then told messages up to Ctrl-Z", async () => {
    const { connect, fake, lines } = await startMqtt(OLD);
    const session = await connect();
    for (const payload of ["first", "second"]) await session.publish(message(payload), WAIT);
    expect(fake.published.map(({ payload }) => payload.toString())).toEqual(["first", "second"]);
    await connect();
    expect(lines().filter((line) => line.includes("recv/mode"))).toHaveLength(2);
    expect(lines().filter((line) => line.startsWith("AT+QMTPUB"))).toEqual([
      'AT+QMTPUB=0,1,1,0,"topic/pub",5',
      'AT+QMTPUB=0,1,1,0,"topic/pub"',
      'AT+QMTPUB=0,2,1,0,"topic/pub"',
    ]);
  });

  it.each([0x08, 0x1a, 0x1b])("sends nothing of a message with the byte %d", async (byte) => {
    const { connect, fake } = await startMqtt(OLD);
    const session = await connect();
    for (let tries = 0; tries < 2; tries += 1) {
      const error = await failure(session.publish(message(Buffer.from([65, byte, 66])), WAIT));
      expect([error.code, fake.published]).toEqual(["INVALID_INPUT", []]);
    }
    await session.publish(message(Buffer.from([0, 9, 13, 10, 127, 255])), WAIT);
    expect(fake.published.map(({ payload }) => [...payload])).toEqual([[0, 9, 13, 10, 127, 255]]);
  });

  it("is not taken for old because of one refusal", async () => {
    const { connect, peer, fake, lines } = await startMqtt();
    let refusals = 1;
    peer.on(/^AT\+QMTPUB=0,\d+,1,0,"refused"/, ["ERROR"]).on(/^AT\+QMTCFG="recv\/mode"/, () => {
      refusals -= 1;
      return [refusals < 0 ? "OK" : "ERROR"];
    });
    const session = await connect();
    expect(await outcome(session.publish(message("x", { topic: "refused" }), WAIT))).toBe("MODEM_REJECTED");
    await session.publish(message(Buffer.from([0x1a])), WAIT);
    expect(fake.published).toHaveLength(1);
    expect(lines().at(-1)).toMatch(/,1$/);
  });
});
