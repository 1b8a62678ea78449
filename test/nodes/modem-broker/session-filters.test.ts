import { describe, expect, it } from "vitest";
import { ModemError } from "../../../driver/errors";
import { normal } from "../../../nodes/modem-broker/topic";
import { advance, until, useFakeTime } from "../../support/clock";
import { rejection } from "../../support/failure";
import { Listener, lost, refused, ScriptedBroker } from "./scripted-session";

useFakeTime();

const S = 1000;
const WAIT = { timeout: 60 * S };
const filter = (name: string, qos: 0 | 1 | 2 = 0) => ({ filter: normal(name), qos });

describe("the filters of a session", () => {
  it("are subscribed to before the birth, and anew in each session", async () => {
    const birth = { topic: "state", payload: Buffer.from("up"), qos: 1, retain: false } as const;
    const scripted = new ScriptedBroker({ birth });
    const listener = new Listener();
    for (const name of ["a", "b/+"]) await scripted.broker.subscribe(listener, filter(name, 1), WAIT);
    await scripted.broker.connect();
    await advance(S);
    const begin = ["connect", "subscribe a 1", "subscribe b/+ 1", "publish state up 1"];
    expect(scripted.asked).toEqual(begin);
    scripted.lose();
    await advance(5 * S);
    expect(scripted.asked).toEqual([...begin, ...begin]);
  });

  it("are subscribed to once, those too that come while the session is being prepared", async () => {
    const scripted = new ScriptedBroker();
    const listener = new Listener();
    await scripted.broker.subscribe(listener, filter("a"), WAIT);
    let answer = (): void => {};
    scripted.script = (asked) => {
      if (asked !== "subscribe a 0") return;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    await scripted.broker.connect();
    await until(() => scripted.of("subscribe").length === 1);
    await scripted.broker.subscribe(new Listener(), filter("b"), WAIT);
    await scripted.broker.subscribe(new Listener(), filter("a"), WAIT);
    answer();
    await advance(S);
    expect(scripted.of("subscribe")).toEqual(["subscribe a 0", "subscribe b 0"]);
    await scripted.broker.subscribe(listener, filter("c", 1), WAIT);
    await scripted.broker.subscribe(new Listener(), filter("c", 0), WAIT);
    expect(scripted.of("subscribe c")).toEqual(["subscribe c 1"]);
  });

  it("do without one that the broker refuses, which is told", async () => {
    const scripted = new ScriptedBroker();
    const listener = new Listener();
    for (const name of ["secret/#", "b"]) await scripted.broker.subscribe(listener, filter(name), WAIT);
    scripted.script = (asked) => {
      if (asked.includes("secret")) throw refused;
    };
    await scripted.broker.connect();
    await advance(S);
    expect(scripted.broker.state).toBe("connected");
    expect(scripted.of("subscribe")).toEqual(["subscribe secret/# 0", "subscribe b 0"]);
    expect(scripted.errors).toHaveLength(1);
    expect(await rejection(scripted.broker.subscribe(listener, filter("secret/+"), WAIT))).toBe(refused);
  });

  it("are all there, or the session is made anew", async () => {
    const scripted = new ScriptedBroker();
    const listener = new Listener();
    for (const name of ["a", "b"]) await scripted.broker.subscribe(listener, filter(name), WAIT);
    let failures = 1;
    scripted.script = (asked) => {
      if (!asked.startsWith("subscribe a")) return;
      failures -= 1;
      if (failures === 0) throw new ModemError("MODEM_TIMEOUT", "No answer from the broker");
    };
    await scripted.broker.connect();
    await advance(5 * S);
    expect(scripted.asked).toEqual([
      ...["connect", "subscribe a 0", "disconnect"],
      ...["connect", "subscribe a 0", "subscribe b 0"],
    ]);
    expect(scripted.errors).toEqual([expect.stringMatching(/^MODEM_TIMEOUT/)]);
  });

  it("end with the last node that wants them, unless another one wants them a moment later", async () => {
    const scripted = new ScriptedBroker();
    const [one, two, three] = [new Listener(), new Listener(), new Listener()];
    for (const listener of [one, two]) await scripted.broker.subscribe(listener, filter("a"), WAIT);
    await scripted.broker.connect();
    await advance(S);
    scripted.broker.leave(one, false);
    await advance(5 * S);
    expect(scripted.of("unsubscribe")).toEqual([]);
    scripted.broker.leave(two, false);
    await scripted.broker.subscribe(three, filter("a"), WAIT);
    await advance(5 * S);
    expect(scripted.of("unsubscribe")).toEqual([]);
    scripted.broker.leave(three, true);
    await advance(5 * S);
    expect(scripted.of("unsubscribe")).toEqual(["unsubscribe a"]);
  });
});

describe("the filters of a session that outlives its connection", () => {
  async function connected() {
    const scripted = new ScriptedBroker({ cleanSession: false });
    const listener = new Listener();
    await scripted.broker.subscribe(listener, filter("a"), WAIT);
    await scripted.broker.connect();
    await advance(S);
    return { scripted, listener };
  }

  it("stay when the node is deployed again, and when the broker closes", async () => {
    const { scripted, listener } = await connected();
    scripted.broker.leave(listener, false);
    await advance(10 * S);
    const closed = scripted.broker.close(lost);
    await advance(5 * S);
    await closed;
    expect(scripted.of("unsubscribe")).toEqual([]);
  });

  it("end when the node is deleted", async () => {
    const { scripted, listener } = await connected();
    scripted.broker.leave(listener, true);
    await advance(10 * S);
    expect(scripted.of("unsubscribe")).toEqual(["unsubscribe a"]);
  });

  it("end with the next session when the node is deleted without one", async () => {
    const { scripted, listener } = await connected();
    scripted.script = (asked) => {
      if (asked === "connect") throw lost;
    };
    scripted.lose();
    await advance(S);
    scripted.broker.leave(listener, true);
    await advance(10 * S);
    scripted.script = () => {};
    await advance(60 * S);
    expect(scripted.of("unsubscribe")).toEqual(["unsubscribe a"]);
    expect(scripted.of("subscribe")).toEqual(["subscribe a 0"]);
  });

  it("end when the node is deleted in the deploy that closes the broker", async () => {
    const { scripted, listener } = await connected();
    const closed = scripted.broker.close(lost);
    scripted.broker.leave(listener, true);
    await advance(5 * S);
    await closed;
    expect(scripted.asked).toEqual(["connect", "subscribe a 0", "unsubscribe a", "disconnect"]);
  });
});

describe("the last retained message", () => {
  it("comes to a node that is deployed again, once", async () => {
    const scripted = new ScriptedBroker();
    const [before, after] = [new Listener(), new Listener()];
    scripted.script = (asked) => {
      if (asked === "subscribe a 0") scripted.deliver("a", "state");
    };
    await scripted.broker.connect();
    await advance(S);
    await scripted.broker.subscribe(before, filter("a"), WAIT);
    await advance(10 * S);
    scripted.broker.leave(before, false);
    await scripted.broker.subscribe(after, filter("a"), WAIT);
    await advance(10 * S);
    expect([before.got, after.got]).toEqual([["a state"], ["a state retained"]]);
  });

  it("comes to a node whose own filter overlaps another one's, once to each", async () => {
    const scripted = new ScriptedBroker();
    const [first, second] = [new Listener(), new Listener()];
    scripted.script = (asked) => {
      if (asked.startsWith("subscribe")) scripted.deliver("a/b", "state");
    };
    await scripted.broker.connect();
    await advance(S);
    await scripted.broker.subscribe(first, filter("a/#"), WAIT);
    await scripted.broker.subscribe(second, filter("a/+"), WAIT);
    expect([first.got, second.got]).toEqual([["a/b state"], ["a/b state retained"]]);
  });

  it("comes as it is now to who subscribes after nobody has listened", async () => {
    const scripted = new ScriptedBroker();
    const listener = new Listener();
    let state = "old";
    scripted.script = (asked) => {
      if (asked.startsWith("subscribe")) scripted.deliver("a", state);
    };
    await scripted.broker.connect();
    await advance(S);
    await scripted.broker.subscribe(listener, filter("a"), WAIT);
    await scripted.broker.unsubscribe(listener, normal("a"), WAIT);
    state = "new";
    await scripted.broker.subscribe(listener, filter("a"), WAIT);
    await scripted.broker.unsubscribe(listener, normal("a"), WAIT);
    await scripted.broker.subscribe(listener, filter("a"), WAIT);
    expect(listener.got).toEqual(["a old", "a new", "a new"]);
  });
});
