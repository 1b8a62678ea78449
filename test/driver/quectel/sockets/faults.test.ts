import { describe, expect, it, vi } from "vitest";
import { pass, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { Owner, startSockets } from "./socket-session";

describe("F29 the kind of address of BG96's UDP sockets", () => {
  it.each([
    ["2001:db8::7", "::1"],
    ["[2001:db8::7]", "::1"],
    ["192.0.2.7", "127.0.0.1"],
  ])("F29 is that of the receiver %s", async (host, service) => {
    const { sockets, lines } = await startSockets();
    await sockets.openUdp({ timeout: 5000, localPort: 5000, host }, new Owner());
    expect(lines()[0]).toBe(`AT+QIOPEN=1,0,"UDP SERVICE","${service}",0,5000,0`);
  });

  it("F29 neighbour: is the context's where no receiver is known", async () => {
    const { sockets, lines, peer } = await startSockets();
    peer.on(/^AT\+QIACT\?$/, ['+QIACT: 1,1,2,"2001:db8::2"', "OK"]);
    await sockets.openUdp({ timeout: 5000, localPort: 5000 }, new Owner());
    expect(lines()[0]).toContain('"::1"');
  });
});

describe("F32 options of a socket that BG96 does not have", () => {
  it.each(["linger", "ttl", "tos"])("F32 %s is NOT_SUPPORTED, and nothing is sent", async (name) => {
    const { connect, lines, sockets } = await startSockets();
    const error = await failure(connect({ [name]: 1 }));
    expect(error).toMatchObject({ code: "NOT_SUPPORTED", message: expect.stringContaining(name) });
    const listening = sockets.listen(
      { localPort: 5000, timeout: 5000, [name]: 1 },
      () => new Owner(),
      () => undefined,
    );
    expect((await failure(listening)).code).toBe("NOT_SUPPORTED");
    expect(lines()).toEqual([]);
  });
});

describe("F40 neighbour: what BG96 counted as taken and then refused", () => {
  useFakeTime();
  const DATA = Buffer.from(Array.from({ length: 4000 }, (_, index) => index % 251));

  it.each(["SEND FAIL", "ERROR", "+CME ERROR: 552"])("goes out once behind %s", async (result) => {
    const { connect, fake } = await startSockets();
    const owner = new Owner();
    const socket = await connect({}, owner);
    const { sent } = fake.get(0);
    fake.sendResults.push("SEND OK", result, result);
    fake.takenAnyway.push(1460, 100);
    await pass(socket.send(DATA));
    await pass(socket.send(Buffer.from("behind")));
    expect(Buffer.concat(sent).equals(Buffer.concat([DATA, Buffer.from("behind")]))).toBe(true);
    expect(owner.ends).toEqual([]);
  });

  it("is the end of a connection whose counts can't be read", async () => {
    const { connect, fake, peer } = await startSockets();
    const owner = new Owner();
    const socket = await connect({}, owner);
    const { sent } = fake.get(0);
    peer.on(/^AT\+QISEND=0,0$/, ["+QISEND: 1460,0", "OK"]);
    fake.sendResults.push("SEND FAIL");
    fake.takenAnyway.push(1460);
    expect((await pass(failure(socket.send(DATA)))).code).toBe("PROTOCOL_ERROR");
    expect(Buffer.concat(sent)).toHaveLength(1460);
    await pass(vi.waitFor(() => expect(owner.ends).toEqual(["PROTOCOL_ERROR"])));
  });

  it("is the end of a connection that is open and has refused a part of a message", async () => {
    const { connect, fake } = await startSockets();
    const owner = new Owner();
    const socket = await connect({}, owner);
    fake.sendResults.push("SEND OK", "ERROR");
    expect((await pass(failure(socket.send(DATA)))).code).toBe("CONNECTION_CLOSED");
    expect((await pass(failure(socket.send(Buffer.from("next"))))).code).toBe("CONNECTION_CLOSED");
    await pass(vi.waitFor(() => expect(owner.ends).toEqual(["CONNECTION_CLOSED"])));
  });
});

describe("F33 neighbour: a close that BG96 has not carried out", () => {
  it("goes once more", async () => {
    const { connect, peer, fake } = await startSockets();
    const socket = await connect();
    let closes = 0;
    peer.on(/^AT\+QICLOSE=0,1$/, (_match, print) => {
      closes += 1;
      if (closes > 1) fake.open.delete(0);
      print.line(closes > 1 ? "OK" : "+CME ERROR: 552");
    });
    await socket.close();
    expect(closes).toBe(2);
    expect(fake.open.size).toBe(0);
  });
});
