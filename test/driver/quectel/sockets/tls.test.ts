import { describe, expect, it, vi } from "vitest";
import { advance, fakeTime, pass } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { profile } from "../security/tls-profile";
import { HOSTILE, Owner, startSockets } from "./socket-session";

const SECURE = { host: "server.example", port: 8443, security: profile() } as const;

describe("a TLS connection by BG96", () => {
  it("uses the security profile, and carries all bytes both ways", async () => {
    const { connect, fake, lines, numbers, ssl } = await startSockets({ pieces: 11 });
    const owner = new Owner();
    const socket = await connect(SECURE, owner);
    expect(lines()[0]).toBe('AT+QSSLOPEN=1,1,0,"server.example",8443,0');
    expect(ssl.settings.get("1 seclevel")).toBe("1");
    await socket.send(HOSTILE);
    fake.deliver(0, HOSTILE);
    await vi.waitFor(() => expect(owner.data.length).toBe(HOSTILE.length));
    expect(owner.data.equals(HOSTILE)).toBe(true);
    expect(Buffer.concat(fake.get(0).sent).equals(HOSTILE)).toBe(true);
    expect(await socket.status()).toEqual({ state: "established", remote: { ip: "192.0.2.7", port: 8443 } });
    fake.hangUp(0);
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]));
    await vi.waitFor(() => expect(numbers.available).toBe(12));
    expect(lines().at(-1)).toBe("AT+QSSLCLOSE=0,1");
  });

  it("shares its SSL context while it stands, and gives it back", async () => {
    const { connect, lines } = await startSockets();
    const open = [await connect(SECURE), await connect(SECURE)];
    for (let other = 0; other < 5; other += 1) {
      open.push(await connect({ ...SECURE, security: profile({ ciphers: [CIPHERS[other] ?? ""] }) }));
    }
    expect(new Set(lines().flatMap((line) => /^AT\+QSSLOPEN=1,(\d)/.exec(line)?.[1] ?? [])).size).toBe(6);
    const seventh = { ...SECURE, security: profile({ validation: "none" }), timeout: 100 } as const;
    expect((await failure(connect(seventh))).code).toMatch(/MODEM_(BUSY|TIMEOUT)/);
    await open[2]?.close();
    open.push(await connect({ ...seventh, timeout: 5_000 }));
    await Promise.all(open.map((socket) => socket.close()));
  });

  it("waits when the buffer is full, of which the modem tells no counts", async () => {
    const { connect, fake, lines } = await startSockets();
    const socket = await connect(SECURE);
    fake.sendResults.push("SEND FAIL");
    await socket.send(Buffer.from("x"));
    expect(fake.get(0).sent.map(String)).toEqual(["x"]);
    expect(lines().some((line) => /=0,0$/.test(line) && line.includes("SEND"))).toBe(false);
    await socket.close();
  });

  it.each([550, 566])(
    "that fails (%d) though TCP can be connected is a failed handshake, with what to check",
    async (number) => {
      const { connect, fake, lines, numbers } = await startSockets();
      fake.outcomes.push(number);
      const error = await failure(connect(SECURE));
      expect(error).toMatchObject({
        code: "TLS_FAILED",
        cause: { errorCode: number, result: `+QSSLOPEN: 0,${number}` },
      });
      expect(error.message).toContain("minVersion (");
      expect(lines()).toEqual([
        'AT+QSSLOPEN=1,1,0,"server.example",8443,0',
        "AT+QSSLCLOSE=0,1",
        'AT+QIOPEN=1,11,"TCP","server.example",8443,0,0',
        "AT+QICLOSE=11,1",
      ]);
      expect(numbers.available).toBe(12);
    },
  );

  it("that fails as TCP does is a failed connection, and a name that is unknown DNS_FAILED", async () => {
    const { connect, fake, lines } = await startSockets();
    fake.outcomes.push(566, 566);
    expect(await failure(connect(SECURE))).toMatchObject({ code: "CONNECT_FAILED" });
    const before = lines().length;
    fake.outcomes.push(565);
    expect(await failure(connect(SECURE))).toMatchObject({ code: "DNS_FAILED" });
    expect(lines().length - before).toBe(2);
  });

  it("looks with the largest number that is free, and with none when all are in use", async () => {
    const { connect, fake, lines } = await startSockets();
    const open = await Promise.all(Array.from({ length: 11 }, () => connect()));
    fake.outcomes.push(566);
    expect(await failure(connect(SECURE))).toMatchObject({ code: "TLS_FAILED" });
    expect(lines().filter((line) => line.startsWith("AT+QIOPEN=1,11,"))).toHaveLength(1);
    await Promise.all(open.map((socket) => socket.close()));
  });

  it("keeps the number with which it looked until the modem has answered, and does not wait for that", async () => {
    fakeTime();
    const { connect, fake, peer, numbers } = await startSockets();
    fake.outcomes.push(566);
    peer.on(/^AT\+QIOPEN=1,11,/, ["OK"]);
    // An opening that the modem is still busy with can't be closed.
    peer.on(/^AT\+QICLOSE=11,1$/, ["ERROR"]);
    expect(await pass(failure(connect(SECURE)))).toMatchObject({ code: "TLS_FAILED" });
    await advance(5_000);
    expect(numbers.available).toBe(11);
    peer.urc("+QIOPEN: 11,0");
    peer.on(/^AT\+QICLOSE=11,1$/, ["OK"]);
    await advance(1_000);
    expect(numbers.available).toBe(12);
    expect(peer.commands.at(-1)).toBe("AT+QICLOSE=11,1");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("has no local port to choose", async () => {
    const { connect, lines } = await startSockets();
    expect(await failure(connect({ ...SECURE, localPort: 5 }))).toMatchObject({ code: "NOT_SUPPORTED" });
    expect(lines()).toEqual([]);
  });
});

const CIPHERS = [
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
];
