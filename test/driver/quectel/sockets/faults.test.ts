import { describe, expect, it } from "vitest";
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
