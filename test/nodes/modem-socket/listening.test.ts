import { describe, expect, it } from "vitest";
import type { ModemSocket, SocketEvents } from "../../../driver/services/sockets/sockets";
import { AcceptedPeers, Listening } from "../../../nodes/modem-socket/listening";

describe("a node that stops listening", () => {
  it("closes a connection, too, that it accepts until the modem listens no more", async () => {
    const peers = new AcceptedPeers(
      { delimiter: Buffer.alloc(0), isText: false },
      { data: () => undefined, event: () => undefined },
      () => undefined,
    );
    let accept: ((socket: ModemSocket) => SocketEvents) | undefined;
    const listening = await Listening.open(peers, async (whom) => {
      accept = whom;
      const close = async (): Promise<void> => {
        // The URC came before the answer to the command.
        await Promise.resolve();
        connect();
      };
      return { number: 0, localPort: 7000, close };
    });
    const closed: number[] = [];
    const connect = (): void => {
      const late = {
        number: 1,
        protocol: "tcp",
        remote: { ip: "192.0.2.1", port: 40_000 },
        way: "command",
        close: async () => {
          closed.push(1);
          events?.onClosed();
        },
      };
      const events = accept?.(late as unknown as ModemSocket);
    };
    await listening.close();
    expect(closed).toEqual([1]);
  });
});

describe("a connection that gets the number of one that has just gone", () => {
  it("is told of behind the data and the end of the other", async () => {
    const told: string[] = [];
    const peers = new AcceptedPeers(
      { delimiter: Buffer.alloc(0), isText: true },
      {
        data: ({ payload, port }) => told.push(`${payload} from ${port}`),
        event: ({ event, port }) => told.push(`${event} ${port}`),
      },
      () => undefined,
    );
    const accept = (port: number) => {
      const remote = { ip: "192.0.2.1", port };
      return { remote, events: peers.accept({ number: 1, protocol: "tcp", remote, way: "command" } as ModemSocket) };
    };
    const first = accept(1);
    const last = first.events.onData(Buffer.from("last words"), first.remote);
    first.events.onClosed();
    const second = accept(2);
    await Promise.all([last, second.events.onData(Buffer.from("hello"), second.remote)]);
    expect(told).toEqual(["accepted 1", "last words from 1", "closed 1", "accepted 2", "hello from 2"]);
    expect(peers.all.map(({ socket }) => socket.remote?.port)).toEqual([2]);
  });
});
