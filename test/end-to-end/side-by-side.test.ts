import "../support/quick-time";
import helper from "node-red-node-test-helper";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { deploy, Inbox, useNodeRed } from "../nodes/support/flow";
import { TestServer } from "../nodes/support/http-server";

const server = new TestServer();

useNodeRed();
beforeAll(() => server.start());
afterAll(() => server.stop());

/** Commands behind which a fifth request would have come: many times what one takes from the node to the server. */
const TURNS = 40;

describe.each([
  ["LARA-R6", 4],
  ["BG96", 1],
])("two nodes of one %s", (model, most) => {
  it(`have ${most} requests under way at most, start the others as soon as there is room, and mix nothing up`, async () => {
    const waiting: (() => void)[] = [];
    let peak = 0;
    server.answer(({ url, body }, response) => {
      waiting.push(() => response.end(`${url} ${body}`));
      peak = Math.max(peak, waiting.length);
    });
    const port = `sim:${model}?name=side-by-side&route=server.example:80=127.0.0.1:${server.port}`;
    await deploy([
      { id: "m", type: "modem", port },
      ...["a", "b"].flatMap((id) => [{ id, type: "modem-http", modem: "m", method: "POST", wires: [["out"]] }]),
      { id: "at", type: "modem-at", modem: "m", wires: [["answers"]] },
      { id: "out", type: "helper" },
      { id: "answers", type: "helper" },
    ]);
    const [out, answers] = [new Inbox("out"), new Inbox("answers")];
    const count = 2 * most + 1;
    const texts = Array.from({ length: count }, (_, index) => `/${index} ${String(index).repeat(index + 1)}`);
    for (const [index, text] of texts.entries()) {
      const [path, payload] = text.split(" ");
      helper.getNode(index % 2 ? "a" : "b").receive({ url: `server.example${path}`, payload, wanted: text } as never);
    }
    await vi.waitFor(() => expect(waiting).toHaveLength(most), { timeout: 15_000 });
    for (let turn = 0; turn < TURNS; turn += 1) {
      helper.getNode("at").receive({ payload: "AT+CGMM" } as never);
      await answers.next();
    }
    expect(waiting).toHaveLength(most);
    expect(out.messages).toEqual([]);

    waiting.pop()?.();
    await out.next();
    await vi.waitFor(() => expect(waiting).toHaveLength(most), { timeout: 5000 });
    const release = setInterval(() => waiting.shift()?.(), 10);
    for (let rest = 1; rest < count; rest += 1) await out.next();
    clearInterval(release);
    expect(peak).toBe(most);
    expect(out.messages.map(({ payload, wanted }) => [payload, wanted])).toEqual(
      out.messages.map(({ wanted }) => [wanted, wanted]),
    );
    expect(server.seen).toHaveLength(count);
  }, 60_000);
});
