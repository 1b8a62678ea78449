import { describe, expect, it } from "vitest";
import { failure } from "../../../support/failure";
import { turns } from "../http/http-client";
import { mqttBench, WAIT } from "./fake-mqtt";

/** ms */
const SHORT = { clientStuck: 100, clientResult: 150, clientEnd: 100 };
const message = { topic: "a", payload: Buffer.from("x"), qos: 1, retain: false } as const;

describe("a client that allows nothing", () => {
  it("is freed by the radio, and told so; the burst of late results is nobody's", async () => {
    const { connect, fake, peer, owner } = mqttBench({}, SHORT);
    fake.isStuck = true;
    peer.on(/^AT\+CFUN=0$/, () => {
      fake.isStuck = false;
      return ["OK", "+UUMQTTC: 9,0", "+UUMQTTC: 8,0", "+UUMQTTC: 0,100"];
    });
    peer.on(/^AT\+CFUN=1$/, ["OK"]);
    const error = await failure(connect());
    expect(error.code).toBe("MODEM_BUSY");
    expect(error.message).toContain("stuck");
    expect(peer.commands.slice(-2)).toEqual(["AT+CFUN=0", "AT+CFUN=1"]);
    const session = await connect();
    await session.publish(message, WAIT);
    expect(owner.closed).toEqual([]);
  });

  it("is not freed so again and again: the radio is cycled once in ten minutes", async () => {
    const { connect, fake, peer } = mqttBench({}, SHORT);
    fake.isStuck = true;
    peer.on(/^AT\+CFUN=[01]$/, ["OK"]);
    await failure(connect());
    const error = await failure(connect());
    expect(error.message).toContain("Restart the modem");
    expect(peer.commands.filter((line) => line === "AT+CFUN=0")).toHaveLength(1);
  });

  it("is only busy where it allows the login soon", async () => {
    const { connect, fake, peer } = mqttBench({}, { clientStuck: 2000 });
    fake.isStuck = true;
    setTimeout(() => {
      fake.isStuck = false;
    }, 300);
    await connect();
    expect(peer.commands).not.toContain("AT+CFUN=0");
  });

  it("is known as stuck over several logins that have no time", async () => {
    const { connect, fake, peer } = mqttBench({}, { clientStuck: 300 });
    fake.isStuck = true;
    peer.on(/^AT\+CFUN=[01]$/, ["OK"]);
    const codes: string[] = [];
    for (let login = 0; login < 8 && !codes.includes("MODEM_BUSY"); login += 1)
      codes.push((await failure(connect({ timeout: 100 }))).code);
    expect(codes).toContain("MODEM_TIMEOUT");
    await expect.poll(() => peer.commands.includes("AT+CFUN=1")).toBe(true);
  });
});

describe("an operation without a result", () => {
  it("ends the session, and the next one begins behind a logout", async () => {
    const { connect, fake, owner, peer } = mqttBench({}, SHORT);
    const session = await connect();
    fake.held.add(2);
    const error = await failure(session.publish(message, WAIT));
    expect(error.code).toBe("MODEM_TIMEOUT");
    await expect.poll(() => owner.closed.length).toBe(1);
    fake.held.clear();
    fake.leave("0,1");
    fake.isConnected = true;
    const next = await connect();
    await next.publish(message, WAIT);
    expect(peer.commands.filter((line) => line === "AT+UMQTTC=0").length).toBeGreaterThan(1);
  });

  it("keeps the client no longer than the modem may take to end it", async () => {
    const { connect, fake } = mqttBench({}, { ...SHORT, clientStuck: 2000 });
    const session = await connect();
    fake.held.add(2);
    const publish = failure(session.publish(message, WAIT));
    await turns();
    await session.disconnect({ timeout: 20 });
    expect((await publish).code).toBe("CONNECTION_CLOSED");
    // The modem is at it, but others are told of the client, not of that.
    fake.held.clear();
    setTimeout(() => fake.finish(), 250);
    await connect();
  });

  it("is none where the prompt comes late, as it does behind a ping", async () => {
    const { connect, fake, peer } = mqttBench({}, { clientPrompt: 5000 });
    const session = await connect();
    peer.on(/^AT\+UMQTTC=9,1,0,"a",600$/, async (_match, print) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const data = await print.prompt(600, ">");
      fake.published.push({ topic: "a", payload: data, qos: 1, retain: 0, by: "binary" });
      print.line("OK");
      print.line("+UUMQTTC: 2,1");
    });
    const payload = Buffer.alloc(600, 0x80);
    await session.publish({ ...message, payload }, WAIT);
    expect(fake.published[0]?.payload.equals(payload)).toBe(true);
  });

  it("is no success where the prompt was lost, and what ends it was sent in place of the data", async () => {
    const { connect, fake, peer, owner } = mqttBench({}, { clientPrompt: 300 });
    const session = await connect();
    peer.on(/^AT\+UMQTTC=9,1,0,"a",600$/, async (_match, print) => {
      await print.prompt(600, "");
      print.line("OK");
      print.line("+UUMQTTC: 2,1");
    });
    const error = await failure(session.publish({ ...message, payload: Buffer.alloc(600, 0x80) }, { timeout: 20_000 }));
    expect(error.code).toBe("MODEM_TIMEOUT");
    await expect.poll(() => owner.closed.length, { timeout: 10_000 }).toBe(1);
    expect(fake.published).toEqual([]);
  });

  it("is told when the connection ends between the prompt and the data, which are written all the same", async () => {
    const { connect, fake, peer, owner } = mqttBench();
    const session = await connect();
    peer.on(/^AT\+UMQTTC=9,1,0,"a",600$/, async (_match, print) => {
      const data = print.prompt(600, ">");
      fake.lose(101);
      await data;
      print.line("ERROR");
    });
    const error = await failure(session.publish({ ...message, payload: Buffer.alloc(600, 0x80) }, WAIT));
    expect(error.code).toBe("CONNECTION_CLOSED");
    await expect.poll(() => owner.closed.length).toBe(1);
    expect(peer.uploads.at(-1)).toHaveLength(600);
    await connect();
  });
});
