import "../../support/quick-time";
import { describe, expect, it } from "vitest";
import { deployNode, useNodeRed } from "../support/flow";

useNodeRed();

const at = (properties: Record<string, unknown> = {}, model = "LARA-R6") =>
  deployNode({ type: "modem-at", ...properties }, { port: `sim:${model}` });

describe("modem-at", () => {
  it.each(["LARA-R6", "BG96"])("sends the command of the message to a %s and returns its lines", async (model) => {
    const node = await at({}, model);
    node.receive({ command: "AT+CSQ", topic: "kept" });
    expect(await node.out.next()).toMatchObject({
      topic: "kept",
      payload: { result: "OK", lines: [expect.stringMatching(/^\+CSQ: \d+,\d+$/)] },
    });
    node.receive({ payload: "+CGMM" });
    const { payload } = await node.out.next();
    expect((payload as { lines: string[] }).lines.join()).toContain(model.slice(0, 4));
    await node.complete.next();
  });

  it("splits the lines into fields where it is told to", async () => {
    const node = await at({ ret: "parsed", command: 'AT+CGDCONT={{cid}},"IP","{{apn}}";+CGDCONT?' });
    node.receive({ cid: 3, apn: "internet" });
    const { payload } = await node.out.next();
    const lines = (payload as { lines: { topic: string; fields: string[] }[] }).lines;
    expect(lines.find(({ fields }) => fields[0] === "3")).toMatchObject({
      topic: "+CGDCONT",
      fields: expect.arrayContaining(["3", "IP", "internet"]),
    });
  });

  it("sends msg.data at the prompt, and the bytes come back as they went", async () => {
    const node = await at({});
    const data = Buffer.from("one\r\nOK\r\ntwo");
    node.receive({ command: `AT+UDWNFILE="test.txt",${data.length}`, data });
    expect(await node.out.next()).toMatchObject({ payload: { result: "OK" } });
    node.receive({ command: 'AT+ULSTFILE=2,"test.txt"' });
    expect(await node.out.next()).toMatchObject({ payload: { lines: [`+ULSTFILE: ${data.length}`] } });
  });

  it("gives the modem's refusal in its own words", async () => {
    const node = await at();
    node.receive({ command: "AT+NONSENSE=1" });
    const { error } = await node.errors.next();
    expect(error).toMatchObject({
      code: "MODEM_REJECTED",
      cause: { command: "AT+NONSENSE=1", result: expect.stringMatching(/ERROR/) },
    });
  });

  it("passes on the unsolicited lines of its prefixes, and no others", async () => {
    const node = await at({ urcs: "+CREG" });
    node.receive({ command: "AT+CREG=2" });
    await node.out.next();
    node.receive({ command: "AT+COPS=2" });
    await node.out.next();
    const urc = await node.events.next();
    expect(urc).toMatchObject({
      topic: "+CREG",
      payload: { line: expect.stringMatching(/^\+CREG: /), fields: expect.any(Array) },
    });
    expect(node.events.messages.every(({ topic }) => topic === "+CREG")).toBe(true);
  });

  it.each([
    ["a second line", "AT\rAT+CFUN=0"],
    ["a control character", "AT+CMGS=\u001a"],
    ["a letter beyond ASCII", "ATü"],
    ["an empty command", ""],
    ["a blank command", "   "],
    ["the repetition of the last line", "A/"],
    ["a command of 5000 characters", "x".repeat(5000)],
  ])("refuses %s", async (_, command) => {
    const node = await at();
    node.receive({ command });
    expect((await node.errors.next()).error).toMatchObject({ code: "INVALID_INPUT" });
  });

  it("still takes messages where its prefixes can't be read", async () => {
    const node = await at({ urcs: { not: "a list" }, command: "AT+CSQ" });
    node.receive({});
    expect(await node.out.next()).toMatchObject({ payload: { result: "OK" } });
  });

  it("does not tell a PIN in an error", async () => {
    const node = await at();
    node.receive({ command: 'AT+CPIN="97531"' });
    const { error } = await node.errors.next();
    expect(error?.code).toBe("MODEM_REJECTED");
    expect(JSON.stringify(error)).not.toContain("97531");
  });
});
