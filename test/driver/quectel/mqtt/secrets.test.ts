import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import { isModemError } from "../../../../driver/errors";
import { BG96 } from "../../../../driver/quectel/bg96";
import { QuectelDriver } from "../../../../driver/quectel/driver";
import { RANDOM_TIMEOUT_MS, randomRuns } from "../../../support/random";
import { Peer } from "../../peer";
import { addContexts } from "../session";
import { FakeMqtt } from "./fake-mqtt";
import { OPTIONS, Owner, WAIT } from "./mqtt-session";

const secret = fc.stringMatching(/^[!#-~]{8,40}$/);
/** What a modem may say in place of an answer: the command with a byte lost, or all of it. */
const echo = fc.constantFrom("whole", "cut", "none");

describe("a password of MQTT on BG96", () => {
  it("is in no trace and in no error, whatever the modem repeats", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    const property = fc.asyncProperty(secret, secret, echo, async (user, password, repeats) => {
      const peer = new Peer();
      addContexts(peer, new Set([1]));
      new FakeMqtt(peer);
      peer.on(/^AT\+QMTCONN=(.*)$/, ([line], print) => {
        const said = repeats === "cut" ? line.replace("QMT", "QT") : line;
        if (repeats !== "none") print.line(said);
        print.line("ERROR");
      });
      const texts: string[] = [];
      const channel = new AtChannel(peer, { onTrace: ({ text }) => texts.push(text) });
      channel.useDialect({ ...BG96.dialect, gap: 0 });
      const driver = new QuectelDriver(channel, BG96);
      const will = { topic: "will", payload: Buffer.from(password), qos: 0, retain: false } as const;
      const connecting = driver.services.mqtt.connect({ ...OPTIONS, user, password, will }, new Owner());
      const error: unknown = await connecting.catch((reason: unknown) => reason);
      const shown = [...texts, String(error), isModemError(error) ? JSON.stringify(error.cause) : ""].join("\n");
      expect(shown).toContain('AT+QMTCONN=0,"bench","***","***"');
      for (const word of [user, password]) expect(shown).not.toContain(word);
      driver.dispose(new Error("done"));
    });
    await fc.assert(property, randomRuns(500));
  });

  it("is not shown by the command that bears it", async () => {
    const peer = new Peer();
    addContexts(peer, new Set([1]));
    new FakeMqtt(peer);
    const texts: string[] = [];
    const channel = new AtChannel(peer, { onTrace: ({ text }) => texts.push(text) });
    channel.useDialect({ ...BG96.dialect, gap: 0 });
    const driver = new QuectelDriver(channel, BG96);
    const session = await driver.services.mqtt.connect(
      { ...OPTIONS, user: "someone", password: "pässword" },
      new Owner(),
    );
    await session.publish({ topic: "t", payload: Buffer.from("a secret message"), qos: 1, retain: false }, WAIT);
    expect(texts).toContain('AT+QMTCONN=0,"bench","***","***"');
    expect(texts.join("\n")).not.toMatch(/someone|ssword|secret message/);
  });
});
