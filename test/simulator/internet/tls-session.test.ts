import { constants, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InternetError } from "../../../simulator/internet/internet";
import { isOfKind } from "../../../simulator/internet/tls/session";
import type { SessionKind } from "../../../simulator/internet/tls/types";
import { randomRuns } from "../../support/random";
import { ASKING, CHECKED, der, open, pem, tlsServer, visit } from "./tls-servers";

const KINDS: readonly SessionKind[] = ["id", "ticket", "psk-ticket"];
/** Bytes of a line of AT, command included. */
const LONGEST_LINE = 2048;

describe.each(KINDS)("a session of kind %s", (kind) => {
  async function firstVisit(port: number) {
    const connection = await visit(port, { session: { kind } });
    const data = connection.session();
    if (data === undefined) throw new Error("the server gave no session");
    return { connection, data };
  }

  it("is taken up again, by the server's own word, as often as it is offered", async () => {
    const { port, seen } = await tlsServer();
    const { connection, data } = await firstVisit(port);
    expect(connection.reused).toBe(false);
    const second = await visit(port, { session: { kind, data } });
    const third = await visit(port, { session: { kind, data: second.session() ?? Buffer.alloc(0) } });
    expect([second.reused, third.reused]).toEqual([true, true]);
    expect(seen.map((handshake) => handshake.reused)).toEqual([false, true, true]);
    expect(seen[0]?.version).toBe(kind === "psk-ticket" ? "TLSv1.3" : "TLSv1.2");
  });

  it("fits a line of AT, with a client's certificate too", async () => {
    const { port, seen } = await tlsServer(ASKING);
    const client = { certificate: der("client"), key: pem("client.key") };
    const data = (await visit(port, { client, session: { kind } })).session();
    expect(data?.toString("base64").length).toBeLessThan(LONGEST_LINE - 100);
    await visit(port, { client, session: { kind, data: data ?? Buffer.alloc(0) } });
    expect(seen[1]).toMatchObject({ reused: true, clientName: "Test Client" });
  });

  it("holds no certificate", async () => {
    const { port } = await tlsServer();
    const { data } = await firstVisit(port);
    expect(data.includes(der("server").subarray(0, 50))).toBe(false);
  });

  it("is not checked again when it is taken up", async () => {
    const { port } = await tlsServer();
    const { data } = await firstVisit(port);
    const pinned = { certificate: der("server"), compare: "certificate" } as const;
    const later = await visit(port, { trusted: [], pinned, session: { kind, data } });
    expect(later.reused).toBe(true);
  });

  it("gives way to a full handshake, checks and all, with a server that forgot it", async () => {
    const ticketKeys = randomBytes(48);
    const before = await tlsServer({ ticketKeys });
    const { data } = await firstVisit(before.port);
    const after = await tlsServer({ ticketKeys: randomBytes(48) });
    const again = await visit(after.port, { session: { kind, data } });
    expect(after.seen).toMatchObject([{ reused: false }]);
    expect(again.reused).toBe(false);
    expect(again.session()?.equals(data)).toBe(false);
    await expect(open(after.port, { trusted: [], session: { kind, data } })).rejects.toMatchObject({ failure: "tls" });
  });

  it.each([
    ["garbage", Buffer.from("garbage")],
    ["nothing", Buffer.alloc(0)],
    ["an empty sequence", Buffer.from([0x30, 0x00])],
    ["a length beyond the end", Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])],
    ["a megabyte of zeros", Buffer.alloc(1024 * 1024)],
  ])("that is %s gives way to a full handshake", async (_, data) => {
    const { port, seen } = await tlsServer();
    const connection = await visit(port, { session: { kind, data } });
    expect(connection.session()).toBeDefined();
    expect(seen).toMatchObject([{ reused: false }]);
  });

  it.each(KINDS.filter((other) => other !== kind))("is none of kind %s", async (other) => {
    const { port, seen } = await tlsServer();
    const { data } = await firstVisit(port);
    expect([isOfKind(data, kind), isOfKind(data, other)]).toEqual([true, false]);
    const connection = await visit(port, { session: { kind: other, data } });
    expect(seen.map((handshake) => handshake.reused)).toEqual([false, false]);
    expect(connection.reused).toBe(false);
  });

  it("ends in a connection or a refusal, whatever was done to it", async () => {
    const { port } = await tlsServer();
    const { data } = await firstVisit(port);
    const damage = fc.record({ at: fc.nat(data.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), fc.nat(data.length), async (places, cut) => {
        const damaged = Buffer.from(data);
        for (const { at, value } of places) damaged[at] = value;
        const offered = places.length === 4 ? damaged.subarray(0, cut) : damaged;
        const outcome = await open(port, { session: { kind, data: offered } }).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(InternetError);
          expect(outcome).toMatchObject({ failure: "tls" });
        } else (outcome as Awaited<ReturnType<typeof open>>).socket.destroy();
      }),
      randomRuns(60),
    );
  });
});

describe("the id of a session", () => {
  it("is the server's, and the same as long as the session lasts", async () => {
    const { port, sessions } = await tlsServer();
    const session = { kind: "id" } as const;
    const first = await visit(port, { session });
    expect([...sessions.keys()]).toEqual([first.sessionId?.toString("hex")]);
    const data = first.session() ?? Buffer.alloc(0);
    expect((await visit(port, { session: { ...session, data } })).sessionId).toEqual(first.sessionId);
    sessions.clear();
    const afresh = await visit(port, { session: { ...session, data } });
    expect(afresh.sessionId).not.toEqual(first.sessionId);
  });

  it.each(["ticket", "psk-ticket"] as const)("is not there for a %s, where a client makes one up", async (kind) => {
    const { port } = await tlsServer();
    expect((await visit(port, { session: { kind } })).sessionId).toBeUndefined();
  });
});

describe("a server that gives nothing to take up", () => {
  it("leaves kind ticket without data", async () => {
    const { port } = await tlsServer({ secureOptions: constants.SSL_OP_NO_TICKET });
    const connection = await visit(port, { session: { kind: "ticket" } });
    expect(connection.session()).toBeUndefined();
  });

  it("is not asked for any when the profile wants none", async () => {
    const { port, sessions } = await tlsServer();
    const connection = await visit(port, { versions: { min: "TLSv1.2", max: "TLSv1.2" } });
    expect(connection.session()).toBeUndefined();
    expect(sessions.size).toBe(1);
  });
});

describe("a pre-shared key", () => {
  it("takes the place of a session", async () => {
    const { port } = await tlsServer();
    const data = (await visit(port, { session: { kind: "psk-ticket" } })).session() ?? Buffer.alloc(0);
    const psk = { identity: Buffer.from("me"), key: Buffer.alloc(16, 1) };
    const connection = await visit(port, { ...CHECKED, psk, session: { kind: "psk-ticket", data } });
    expect(connection.reused).toBe(false);
  });
});
