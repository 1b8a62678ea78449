import { describe, expect, it } from "vitest";
import { until } from "../../../support/clock";
import { failure, rejection } from "../../../support/failure";
import { expectExplained } from "../bench";

import { socketBench } from "./fake-sockets";

describe("connecting", () => {
  it("makes a socket, sets no-delay, and connects", async () => {
    const { connect, peer } = socketBench();
    const { socket } = await connect();
    expect(peer.commands).toEqual([
      "AT+USOCR=6",
      "AT+USOSO=0,6,1,1",
      'AT+USOCO=0,"195.34.89.241",7,1',
      "AT+USOCTL=0,10",
    ]);
    expect(socket).toMatchObject({ number: 0, protocol: "tcp", remote: { ip: "195.34.89.241", port: 7 } });
    expectExplained(peer.commands);
  });

  it("probes a silent connection as guide 5.4 does", async () => {
    const { connect, peer } = socketBench();
    await connect({ keepAlive: 30 });
    expect(peer.commands).toContain("AT+USOSO=0,65535,8,1");
    expect(peer.commands).toContain("AT+USOSO=0,6,2,30000");
  });

  it("says local port, kind of address and context where they are asked for", async () => {
    const { connect, peer } = socketBench();
    await connect({ localPort: 12000 });
    await connect({ cid: 2 });
    await connect({ host: "[2001:db8::1]" });
    const made = peer.commands.filter((line) => /USOCR|USOCO/.test(line));
    expect(made).toEqual([
      "AT+USOCR=6,12000",
      'AT+USOCO=0,"195.34.89.241",7,1',
      "AT+USOCR=6,,0,2",
      'AT+USOCO=1,"195.34.89.241",7,1',
      "AT+USOCR=6,,1",
      'AT+USOCO=2,"2001:db8::1",7,1',
    ]);
  });

  it("gives the module a name, and asks whom it is connected to", async () => {
    const { connect, peer } = socketBench();
    const { socket } = await connect({ host: "known.example" });
    expect(peer.commands).toContain('AT+USOCO=0,"known.example",7,1');
    expect(socket.remote).toEqual({ ip: "195.34.89.241", port: 7 });
  });

  it.each([
    ["", ["OK"]],
    [", also when the end of the number's last life is told meanwhile", ["OK", "+UUSOCL: 0"]],
  ])("leaves no socket to a caller who gives up while it asks that%s", async (_, answer) => {
    const { connect, peer, module } = socketBench();
    const stop = new AbortController();
    peer.on(/^AT\+USOSO=/, answer);
    peer.on(/^AT\+USOCTL=0,4$/, () => {
      stop.abort(new Error("enough"));
      return ['+USOCTL: 0,4,"195.34.89.241",7', "OK"];
    });
    const reason = await connect({ host: "known.example", signal: stop.signal }).catch((error) => error);
    expect(reason).toMatchObject({ message: "enough" });
    await until(() => module.sockets.size === 0);
  });

  it.each([
    { host: "" },
    { host: 'a"b' },
    { host: "a\rAT" },
    { port: 0 },
    { port: 65_536 },
    { localPort: -1 },
    { cid: 9 },
    { keepAlive: -1 },
  ])("refuses %o before the first command", async (options) => {
    const { connect, peer } = socketBench();
    expect((await failure(connect(options))).code).toBe("INVALID_INPUT");
    expect(peer.commands).toEqual([]);
  });

  it.each([
    [111, "CONNECT_FAILED", "refused"],
    [110, "CONNECT_FAILED", "timed out"],
    [101, "NO_CONNECTION", "unreachable"],
    [104, "CONNECT_FAILED", "reset"],
    [11, "CONNECT_FAILED", "would block"],
  ])("says socket error %i as %s and leaves no socket", async (code, expected, words) => {
    const { connect, module, peer } = socketBench();
    module.connectError = code;
    const error = await failure(connect());
    expect(error).toMatchObject({
      code: expected,
      message: expect.stringContaining(words),
      cause: { errorCode: code },
    });
    expect(module.sockets.size).toBe(0);
    expect(peer.commands).not.toContain("AT+USOCL=0");
    module.connectError = 0;
    for (let count = 0; count < 7; count += 1) await connect();
  });

  it("tells an unknown name from a server that does not answer", async () => {
    const { connect, module } = socketBench();
    module.connectError = 11;
    expect((await failure(connect({ host: "unknown.example" }))).code).toBe("DNS_FAILED");
    expect((await failure(connect({ host: "known.example" }))).code).toBe("CONNECT_FAILED");
  });

  it("does not take the end of a failed connection for that of the next one, which has its number", async () => {
    const { connect, module, peer } = socketBench();
    const late: string[] = [];
    peer.on(/^AT\+USOCO=0,"10\.0\.0\.1"/, () => {
      module.sockets.delete(0);
      late.push("+UUSOCL: 0");
      return ["ERROR"];
    });
    await failure(connect({ host: "10.0.0.1" }));
    const { socket, seen } = await connect();
    expect(socket.number).toBe(0);
    for (const line of late) peer.urc(line);
    await until(() => peer.commands.at(-1) === "AT+USOCTL=0,10");
    await socket.send(Buffer.from("alive"));
    expect(module.sent(0).toString()).toBe("alive");
    expect(seen.closed).toEqual([]);
  });

  it("lets the eighth wait for one of seven", async () => {
    const { connect, module } = socketBench();
    const seven = await Promise.all(Array.from({ length: 7 }, () => connect()));
    expect((await failure(connect({ timeout: 20 }))).code).toBe("MODEM_BUSY");
    const eighth = connect();
    await seven[3]?.socket.close();
    expect((await eighth).socket.number).toBe(3);
    expect(module.sockets.size).toBe(7);
  });

  it("closes sockets that an earlier session left behind", async () => {
    const { connect, module, peer } = socketBench();
    module.leaveBehind(7);
    expect((await connect()).socket.number).toBe(0);
    expect(peer.commands.filter((line) => line.startsWith("AT+USOCL"))).toHaveLength(7);
  });

  it("frees the number of a connection whose caller gave up while the module connected", async () => {
    const { connect, module, peer } = socketBench();
    peer.on(/^AT\+USOCO=0/, () => undefined);
    const stop = new AbortController();
    const work = rejection(connect({ signal: stop.signal }));
    await until(() => peer.commands.some((line) => line.startsWith("AT+USOCO")));
    stop.abort(new Error("enough"));
    expect(await work).toMatchObject({ message: "enough" });
    expect(module.sockets.size).toBe(1);
    peer.urc("OK");
    await until(() => module.sockets.size === 0);
    expect(peer.commands.at(-1)).toBe("AT+USOCL=0");
  });
});

describe("a secure connection", () => {
  const secured = () => {
    const ended: boolean[] = [];
    const servers: unknown[] = [];
    const made = socketBench(
      {},
      {
        security: {
          connect: (_profile, { host, port }) => {
            servers.push({ host, port });
            return Promise.resolve({
              profile: 2,
              explain: (error) => Promise.resolve(Object.assign(error, { message: `${error.message} (explained)` })),
              end: (succeeded) => {
                ended.push(succeeded);
                return Promise.resolve();
              },
            });
          },
        },
      },
    );
    return { ...made, ended, servers };
  };
  const security = { id: "p" } as never;

  it("gets its profile after the socket was made, and keeps it until it ends", async () => {
    const { connect, peer, ended, servers } = secured();
    const { socket } = await connect({ host: "known.example", port: 443, security });
    expect(servers).toEqual([{ host: "known.example", port: 443 }]);
    expect(peer.commands.slice(0, 2)).toEqual(["AT+USOCR=6", "AT+USOSEC=0,1,2"]);
    expect(ended).toEqual([]);
    await socket.close();
    expect(ended).toEqual([true]);
  });

  it("fails with TLS_FAILED where neither network nor name explains it", async () => {
    const { connect, module, ended } = secured();
    module.connectError = 104;
    const error = await failure(connect({ host: "known.example", security }));
    expect(error).toMatchObject({ code: "TLS_FAILED", message: expect.stringContaining("(explained)") });
    expect(ended).toEqual([false]);
  });

  it("says that the server refused the connection where it did", async () => {
    const { connect, module, ended } = secured();
    module.connectError = 111;
    expect((await failure(connect({ security }))).code).toBe("CONNECT_FAILED");
    expect(ended).toEqual([true]);
  });
});
