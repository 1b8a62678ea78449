import "../../support/quick-time";
import helper from "node-red-node-test-helper";
import { describe, expect, it } from "vitest";
import type { ModemNode } from "../../../nodes/common/types";
import { deploy, Inbox, useNodeRed } from "../support/flow";

useNodeRed();

describe.each([
  ["LARA-R6", "+CGACT=0"],
  ["BG96", "+QIDEACT"],
])("F34 a %s that loses its answer to one node's command", (model, command) => {
  it("lets the messages of other nodes end by their own time, and works on", async () => {
    const port = `sim:${model}?seed=34&fault=${encodeURIComponent(`swallow=${command}`)}`;
    await deploy([
      { id: "m", type: "modem", port, apn: "internet" },
      { id: "pdp", type: "modem-pdp", modem: "m", wires: [["pdp-out"], []] },
      { id: "at", type: "modem-at", modem: "m", timeout: 5, wires: [["at-out"], []] },
      { id: "catch", type: "catch", scope: ["at"], wires: [["errors"]] },
      ...["pdp-out", "at-out", "errors"].map((id) => ({ id, type: "helper" })),
    ]);
    const give = (id: string, message: object): void => helper.getNode(id).receive(message as never);
    const [pdp, at, errors] = ["pdp-out", "at-out", "errors"].map((id) => new Inbox(id)) as [Inbox, Inbox, Inbox];
    give("pdp", { action: "status" });
    await pdp.next();
    const { modem } = helper.getNode("m") as unknown as ModemNode;
    const asked = new Promise<void>((resolve) => {
      modem?.on("trace", ({ direction, text }) => {
        if (direction === "sent" && text.startsWith(`AT${command}`)) resolve();
      });
    });
    give("pdp", { action: "deactivate" });
    // Behind the questions that go ahead of it.
    await asked;
    give("at", { payload: "AT+CSQ" });
    // The line is another's for longer than this message has.
    expect((await errors.next()).error).toMatchObject({
      code: "MODEM_TIMEOUT",
      message: expect.stringMatching(/^AT\+CSQ was not sent: AT\+\w+=.* has held the line for \d+ s/),
    });
    give("pdp", { action: "status" });
    expect(await pdp.next()).toMatchObject({ payload: { active: false } });
    expect(await pdp.next()).toMatchObject({ payload: { active: false } });
    give("at", { payload: "AT+CSQ" });
    expect(await at.next()).toMatchObject({ payload: { result: "OK" } });
  });
});
