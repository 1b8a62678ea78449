import "../../support/quick-time";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { fastClock } from "../../support/clock";
import { play, type Scene } from "./scene";
import { closedPort, codeOf, Owner, SOCKET_MODELS } from "./stage";

const KINDS = SOCKET_MODELS.flatMap((model) => [[model, "command"] as const, [model, "direct"] as const]);

describe.each(KINDS)("a connection of %s in %s mode leaves nothing behind when", (model, mode) => {
  it("the peer closes while data are unread: they all come before the end", () =>
    play(
      model,
      async ({ pair }) => {
        const { socket, owner, peer } = await pair();
        let release: () => void = () => undefined;
        owner.hold = new Promise((resolve) => {
          release = resolve;
        });
        const data = randomBytes(30_000);
        peer.end(data);
        await once(peer, "finish");
        expect(owner.ends).toEqual([]);
        release();
        await owner.over;
        expect(owner.data.equals(data)).toBe(true);
        expect(owner.ends).toEqual([undefined]);
        expect(await codeOf(socket.send(Buffer.from("x")))).toBe("CONNECTION_CLOSED");
        await socket.close();
      },
      { mode },
    ));

  it("the peer resets it while it is idle", () =>
    play(
      model,
      async ({ pair }) => {
        const { socket, owner, peer } = await pair();
        peer.resetAndDestroy();
        await owner.over;
        expect(owner.ends).toHaveLength(1);
        expect(await codeOf(socket.send(Buffer.from("x")))).toBe("CONNECTION_CLOSED");
        await socket.close();
        expect(owner.ends).toHaveLength(1);
      },
      { mode },
    ));

  it("the peer resets it while it is sent to", () =>
    play(
      model,
      async ({ pair }) => {
        const { socket, owner, peer } = await pair();
        const sending = codeOf(socket.send(randomBytes(50_000_000)));
        peer.resume();
        await once(peer, "data");
        peer.resetAndDestroy();
        expect(await sending).toBe("CONNECTION_CLOSED");
        await owner.over;
        await socket.close();
        expect(owner.ends).toHaveLength(1);
      },
      { mode },
    ));

  it("the peer closes its half only", () =>
    play(
      model,
      async ({ pair }) => {
        const { socket, owner, peer } = await pair();
        await socket.send(Buffer.from("question"));
        peer.resume();
        const [question] = await once(peer, "data");
        expect(String(question)).toBe("question");
        peer.end("answer");
        await owner.over;
        expect(String(owner.data)).toBe("answer");
        expect(owner.ends).toEqual([undefined]);
        await socket.close();
        if (!peer.readableEnded) await once(peer, "end");
      },
      { mode },
    ));

  it("the peer says nothing and reads nothing, and it is closed from here", () =>
    play(
      model,
      async ({ pair }) => {
        const { socket, owner } = await pair();
        await socket.send(Buffer.from("anybody there?"));
        expect(await socket.status()).toMatchObject({ state: "established" });
        await socket.close();
        expect(owner.ends).toEqual([undefined]);
      },
      { mode },
    ));
});

describe.each(SOCKET_MODELS)("an attempt to connect by %s leaves nothing behind when", (model) => {
  it("the server refuses it, or nobody has the name", () =>
    play(model, async ({ stage }) => {
      const nobody = await closedPort();
      const owner = new Owner();
      for (let attempt = 0; attempt <= stage.capacity; attempt += 1) {
        expect(await codeOf(stage.connect(nobody, owner))).toBe("CONNECT_FAILED");
      }
      expect(await codeOf(stage.connect(nobody, owner, { host: "nobody.invalid" }))).toBe("DNS_FAILED");
      expect(owner.ends).toEqual([]);
    }));

  it("nobody answers before its own time is over", () =>
    play(model, async ({ stage, peers }) => {
      const owner = new Owner();
      stage.fault("congestion:2s");
      expect(await codeOf(stage.connect(peers.port, owner, { timeout: 500 }))).toBe("MODEM_TIMEOUT");
      expect([owner.parts, owner.ends]).toEqual([[], []]);
    }));

  it("its caller gives up", () =>
    play(model, async ({ stage, peers }) => {
      const owner = new Owner();
      stage.fault("congestion:2s");
      const caller = new AbortController();
      const attempt = stage.connect(peers.port, owner, { signal: caller.signal });
      const reason = new Error("given up");
      setTimeout(() => caller.abort(reason), 200);
      await expect(attempt).rejects.toBe(reason);
      expect([owner.parts, owner.ends]).toEqual([[], []]);
    }));

  it("all sockets are taken: it waits for one, and then no longer", () =>
    play(model, async ({ stage, peers, pair }) => {
      const pairs = [];
      for (let made = 0; made < stage.capacity; made += 1) pairs.push(await pair());
      const late = new Owner();
      expect(await codeOf(stage.connect(peers.port, late, { timeout: 300 }))).toBe("MODEM_BUSY");
      const [first] = pairs;
      const waiting = stage.connect(peers.port, late);
      await first?.socket.close();
      const socket = await waiting;
      expect(socket.number).toBe(first?.socket.number);
      peers.hangUp();
      await Promise.all([...pairs.map(({ socket: other }) => other.close()), socket.close()]);
      expect(late.ends).toEqual([undefined]);
    }));
});

describe.each(SOCKET_MODELS)(
  "connections of %s in mid-transfer leave nothing behind when",
  { timeout: 60_000 },
  (model) => {
    /** Two that send, and two that receive, without end. */
    async function busy({ peers, pair }: Scene) {
      const pairs = [await pair(), await pair(), await pair(), await pair()];
      const sending = pairs.slice(0, 2).map(({ socket }) => codeOf(socket.send(randomBytes(50_000_000))));
      for (const [index, { peer }] of pairs.entries()) {
        if (index < 2) peer.resume();
        else peer.write(randomBytes(5_000_000));
      }
      await Promise.all(pairs.slice(0, 2).map(({ peer }) => once(peer, "data")));
      await expect.poll(() => pairs.slice(2).every(({ owner }) => owner.parts.length > 0)).toBe(true);
      const end = async () => {
        await Promise.all(pairs.map(({ owner }) => owner.over));
        await Promise.all(pairs.map(({ socket }) => socket.close()));
        peers.hangUp();
        return { ends: pairs.map(({ owner }) => owner.ends), sending: await Promise.all(sending) };
      };
      return { end };
    }

    /** What may be told before anybody knows why: of the one command that is under way, and of what is sent next. */
    const EARLY = ["CONNECTION_CLOSED", "MODEM_TIMEOUT"];

    it.each([
      ["the data connection is lost", "lost-context", "NO_CONNECTION"],
      ["the modem restarts", "reboot", "MODEM_RESTARTED"],
      ["the modem is unplugged", "unplug:300ms", "MODEM_OFFLINE"],
    ])("%s", (_name, fault, code) => {
      // A LARA-R6 restarts without a word: commands time out, and sockets are found gone, before that is known.
      onTestFinished(fastClock());
      return play(model, async (scene) => {
        const { end } = await busy(scene);
        const outage = scene.stage.outage();
        scene.stage.fault(fault);
        await outage;
        const { ends, sending } = await end();
        expect(ends.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
        const others = ends.flat().filter((told) => told !== code);
        if (fault !== "reboot" || model !== "LARA-R6") expect(others.length).toBeLessThanOrEqual(1);
        for (const told of [...others, ...sending]) expect([code, ...EARLY]).toContain(told);
        await scene.stage.services();
      });
    });

    it("the modem is unplugged: what listened there can listen again", () =>
      play(model, async ({ stage }) => {
        const localPort = await closedPort();
        const ended: (string | undefined)[] = [];
        const listen = async () =>
          (await stage.sockets()).listen(
            { localPort, timeout: 10_000 },
            () => new Owner(),
            (error) => ended.push(error?.code),
          );
        await listen();
        const outage = stage.outage();
        stage.fault("unplug:300ms");
        await outage;
        await expect.poll(() => ended).toEqual(["MODEM_OFFLINE"]);
        const listener = await listen();
        await listener.close();
        expect(ended).toHaveLength(1);
      }));
  },
);

/** What ends direct connections. A LARA-R6 restarts without a word, which in data mode shows when it is left next. */
const DIRECT_ENDS = SOCKET_MODELS.flatMap((model) =>
  [
    { what: "the data connection is lost", fault: "lost-context", code: "NO_CONNECTION" },
    { what: "the modem is unplugged", fault: "unplug:300ms", code: "MODEM_OFFLINE" },
    { what: "the modem restarts", fault: "reboot", code: "MODEM_RESTARTED" },
  ]
    .filter(({ fault }) => model === "BG96" || fault !== "reboot")
    .map((end) => ({ model, ...end })),
);

describe("a direct connection in mid-transfer leaves nothing behind when", { timeout: 60_000 }, () => {
  it.each(DIRECT_ENDS)("$what ($model)", ({ model, fault, code }) =>
    play(
      model,
      async ({ stage, peers, pair }) => {
        const { socket, owner, peer } = await pair();
        const sending = codeOf(socket.send(randomBytes(50_000_000)));
        peer.write(randomBytes(5_000_000));
        peer.resume();
        await once(peer, "data");
        await expect.poll(() => owner.parts.length).toBeGreaterThan(0);
        const outage = stage.outage();
        stage.fault(fault);
        await outage;
        await owner.over;
        await socket.close();
        peers.hangUp();
        // What has ended it may be known only after that it has ended.
        for (const told of [await sending, ...owner.ends]) expect([code, "CONNECTION_CLOSED"]).toContain(told);
        expect(owner.ends).toHaveLength(1);
        await stage.services();
      },
      { mode: "direct" },
    ),
  );
});
