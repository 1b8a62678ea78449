import { describe, expect, it } from "vitest";
import { type Received, type Subscriber, Subscriptions } from "../../../nodes/modem-broker/subscriptions";
import { normal } from "../../../nodes/modem-broker/topic";
import { advance, useFakeTime } from "../../support/clock";

useFakeTime();

class Node implements Subscriber {
  readonly got: string[] = [];

  deliver({ topic, payload, retain }: Received): void {
    this.got.push(`${"name" in topic ? topic.name : topic.id} ${payload}${retain === true ? " retained" : ""}`);
  }
}

const message = (topic: string, text: string): Received => ({ topic: normal(topic), payload: Buffer.from(text) });

/** As a session does it when the broker is asked. */
function ask(subscriptions: Subscriptions, filter: string): void {
  subscriptions.subscribing(normal(filter))();
}

describe("the filters of a broker's nodes", () => {
  it("are asked of the broker once, and again only at a higher QoS", () => {
    const subscriptions = new Subscriptions();
    const [one, two, three] = [new Node(), new Node(), new Node()];
    expect(subscriptions.add(one, { filter: normal("a"), qos: 0 })).toBe(0);
    expect(subscriptions.add(two, { filter: normal("a"), qos: 0 })).toBeUndefined();
    expect(subscriptions.add(three, { filter: normal("a"), qos: 1 })).toBe(1);
    expect(subscriptions.all()).toEqual([{ filter: normal("a"), qos: 1 }]);
  });

  it("are given back when the last node that wants them goes", () => {
    const subscriptions = new Subscriptions();
    const [one, two] = [new Node(), new Node()];
    subscriptions.add(one, { filter: normal("a"), qos: 0 });
    subscriptions.add(two, { filter: normal("a"), qos: 0 });
    expect(subscriptions.remove(one, normal("a"))).toBe(false);
    expect(subscriptions.remove(one, normal("a"))).toBe(false);
    expect(subscriptions.remove(two, normal("a"))).toBe(true);
    expect(subscriptions.all()).toEqual([]);
  });

  it("bring each node a message once, however many of them match", () => {
    const subscriptions = new Subscriptions();
    const nodes = Array.from({ length: 50 }, () => new Node());
    const filters = ["a/b", "a/+", "+/b", "a/#", "#", "+/+", "a/b/#", "x", "x/#", "+"];
    for (const node of nodes) for (const filter of filters) subscriptions.add(node, { filter: normal(filter), qos: 0 });
    subscriptions.deliver(message("a/b", "hello"));
    for (const { got } of nodes) expect(got).toEqual(["a/b hello"]);
  });

  it("tell numbers of MQTT-SN apart from names", () => {
    const subscriptions = new Subscriptions();
    const [byName, byNumber, byWildcard] = [new Node(), new Node(), new Node()];
    subscriptions.add(byName, { filter: normal("7"), qos: 0 });
    subscriptions.add(byNumber, { filter: { type: "predefined", id: 7 }, qos: 0 });
    subscriptions.add(byWildcard, { filter: normal("a/#"), qos: 0 });
    subscriptions.deliver({ topic: { type: "predefined", id: 7 }, payload: Buffer.from("predefined") });
    subscriptions.deliver({ topic: { type: "normal", id: 7 }, payload: Buffer.from("registered") });
    expect([byName.got, byNumber.got, byWildcard.got]).toEqual([[], ["7 predefined"], ["7 registered"]]);
  });
});

describe("the last retained message", () => {
  it("is handed to a node that joins its filter", () => {
    const subscriptions = new Subscriptions();
    const [first, second] = [new Node(), new Node()];
    subscriptions.add(first, { filter: normal("a/#"), qos: 0 });
    ask(subscriptions, "a/#");
    subscriptions.deliver(message("a/b", "old"));
    subscriptions.deliver(message("a/b", "new"));
    subscriptions.add(second, { filter: normal("a/#"), qos: 0 });
    expect(first.got).toEqual(["a/b old", "a/b new"]);
    expect(second.got).toEqual(["a/b new retained"]);
  });

  it("comes once, however often the session is made anew", () => {
    const subscriptions = new Subscriptions();
    const node = new Node();
    const filters = ["a/b", "a/+", "#"];
    for (const filter of filters) subscriptions.add(node, { filter: normal(filter), qos: 0 });
    for (let session = 0; session < 20; session += 1) {
      for (const filter of filters) ask(subscriptions, filter);
      // A broker may send a copy for each filter.
      for (const _copy of filters) subscriptions.deliver(message("a/b", "state"));
    }
    expect(node.got).toEqual(["a/b state"]);
  });

  it("comes again when it has changed meanwhile", () => {
    const subscriptions = new Subscriptions();
    const node = new Node();
    subscriptions.add(node, { filter: normal("a"), qos: 0 });
    ask(subscriptions, "a");
    subscriptions.deliver(message("a", "on"));
    ask(subscriptions, "a");
    subscriptions.deliver(message("a", "off"));
    expect(node.got).toEqual(["a on", "a off"]);
  });

  it("is not taken for one when it is the same as before but came on its own", async () => {
    const subscriptions = new Subscriptions();
    const node = new Node();
    subscriptions.add(node, { filter: normal("a"), qos: 0 });
    ask(subscriptions, "a");
    subscriptions.deliver(message("a", "21 °C"));
    subscriptions.deliver(message("a", "21 °C"));
    await advance(10_000);
    subscriptions.deliver(message("a", "21 °C"));
    expect(node.got).toHaveLength(3);
  });

  it("is known when this session published it, until an empty one clears it", () => {
    const subscriptions = new Subscriptions();
    const [first, second, third] = [new Node(), new Node(), new Node()];
    subscriptions.add(first, { filter: normal("a"), qos: 0 });
    subscriptions.retained("a", Buffer.from("on"));
    subscriptions.add(second, { filter: normal("a"), qos: 0 });
    subscriptions.retained("a", Buffer.alloc(0));
    subscriptions.add(third, { filter: normal("a"), qos: 0 });
    expect([second.got, third.got]).toEqual([["a on retained"], []]);
  });

  it("is remembered of so many topics at most", () => {
    const subscriptions = new Subscriptions();
    const [first, second] = [new Node(), new Node()];
    subscriptions.add(first, { filter: normal("#"), qos: 0 });
    for (let topic = 0; topic < 3000; topic += 1) subscriptions.retained(`t/${topic}`, Buffer.from("x"));
    for (let topic = 0; topic < 3000; topic += 1) subscriptions.retained(`u/${topic}`, Buffer.alloc(4096));
    subscriptions.add(second, { filter: normal("#"), qos: 0 });
    expect(second.got.length).toBeLessThanOrEqual(1000);
    expect(second.got.length).toBeGreaterThan(100);
  });
});
