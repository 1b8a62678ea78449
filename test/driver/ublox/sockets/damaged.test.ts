import { describe, expect, it } from "vitest";
import { until } from "../../../support/clock";
import { type SocketBench, socketBench } from "./fake-sockets";

/** One answer in place of the next to that command. */
function once({ peer }: SocketBench, command: RegExp, answer: readonly string[]): void {
  let isUsed = false;
  const rule = Object.assign(new RegExp(command), {
    exec: (text: string) => (isUsed ? null : RegExp.prototype.exec.call(new RegExp(command), text)),
  });
  peer.on(rule, () => {
    isUsed = true;
    return answer;
  });
}

describe("F33 neighbour: what LARA-R6 tells of a socket and can't be read", () => {
  it.each([
    ["its state", /^AT\+USOCTL=0,10$/, ["+USOTL: 0,10,4", "OK"]],
    ["the parameter of its state", /^AT\+USOCTL=0,10$/, ["+USOCTL: 0,1,4", "OK"]],
    ["the count of its bytes", /^AT\+USOCTL=0,11$/, ["+USOCTL: 0,11,", "OK"]],
    ["what waits", /^AT\+USORD=0,0$/, ["+USORD: 0,", "OK"]],
  ])("is asked again: %s", async (_words, command, answer) => {
    const bench = socketBench();
    const { socket } = await bench.connect();
    once(bench, command, answer);
    expect(await socket.status()).toMatchObject({ state: "established", unacknowledged: 0, unread: 0 });
  });

  it.each([
    ['+USORD: 0,"', "OK"],
    ['+USORD: 0,5,"hell', "OK"],
    ["+USORD: 1,0", "OK"],
    ["+USORD: 0,0", "hello", "OK"],
    ["OK"],
  ])("ends the connection with an error: %s", async (...answer) => {
    const bench = socketBench();
    const { seen } = await bench.connect();
    once(bench, /^AT\+USORD=0,1024$/, answer);
    bench.module.receive(0, "hello");
    await until(() => seen.closed.length > 0);
    expect(seen.closed).toMatchObject([{ code: "CONNECTION_CLOSED" }]);
  });

  it("has the address of an accepted connection from the modem where the line is damaged", async () => {
    const bench = socketBench();
    const from: unknown[] = [];
    const accept = (socket: { remote: unknown }) => {
      from.push(socket.remote);
      return { onData: () => undefined, onClosed: () => undefined };
    };
    await bench.sockets.listen({ localPort: 1099, timeout: 10_000 }, accept, () => undefined);
    const number = bench.module.accept(0, 39912, "151.9.34");
    await until(() => from.length > 0);
    expect([number, from]).toEqual([1, [{ ip: "151.9.34.66", port: 39912 }]]);
  });
});
