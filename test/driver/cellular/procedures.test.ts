import { describe, expect, it } from "vitest";
import { identify } from "../../../driver/cellular/identification";
import { readOperator, selectAutomatically } from "../../../driver/cellular/operator";
import { onContextLoss, onRadioState } from "../../../driver/cellular/packet-events";
import { readSignal } from "../../../driver/cellular/signal";
import { technologyName } from "../../../driver/cellular/technology";
import { ScriptedChannel } from "./scripted-channel";

const LARA = {
  ATI: ["LARA-R6001D-00B-00"],
  "AT+CGMI": ["u-blox"],
  "AT+CGMM": ["LARA-R6001D"],
  "AT+CGMR": ["00.13"],
  "AT+CGSN": ["351234567890123"],
};

describe("identify", () => {
  it("reads who the modem is", async () => {
    expect(await identify(new ScriptedChannel(LARA))).toEqual({
      text: "LARA-R6001D-00B-00\nLARA-R6001D",
      identity: { manufacturer: "u-blox", model: "LARA-R6001D", revision: "00.13", imei: "351234567890123" },
    });
  });

  it("keeps every line of ATI", async () => {
    const bg96 = { ...LARA, ATI: ["Quectel", "BG96", "Revision: BG96MAR02A07M1G"], "AT+CGMM": ["BG96"] };
    expect((await identify(new ScriptedChannel(bg96))).text).toBe("Quectel\nBG96\nRevision: BG96MAR02A07M1G\nBG96");
  });

  it("understands answers with a prefix and quotation marks", async () => {
    const channel = new ScriptedChannel({ ...LARA, "AT+CGSN": ['+CGSN: "351234567890123"'] });
    expect((await identify(channel)).identity.imei).toBe("351234567890123");
  });

  it("asks again when something else stands where the answer should", async () => {
    let asked = 0;
    const channel = new ScriptedChannel({
      ...LARA,
      "AT+CGSN": () => (++asked < 3 ? ["noise 12"] : ["351234567890123"]),
    });
    expect((await identify(channel)).identity.imei).toBe("351234567890123");
    expect(asked).toBe(3);
  });

  it.each(["no number", 4])("F09 leaves open what the modem does not tell (%s)", async (answer) => {
    const reply = typeof answer === "number" ? answer : [answer];
    const channel = new ScriptedChannel({ ...LARA, "AT+CGSN": reply });
    expect((await identify(channel)).identity).toMatchObject({ imei: "", model: expect.stringContaining("LARA") });
    expect(channel.sent.filter((line) => line === "AT+CGSN")).toHaveLength(3);
  });

  it("does not go on after a silence", async () => {
    const channel = new ScriptedChannel({ ...LARA, "AT+CGMM": "TIMEOUT" });
    await expect(identify(channel)).rejects.toMatchObject({ code: "MODEM_TIMEOUT" });
    expect(channel.sent).toEqual(["ATI", "AT+CGMM"]);
  });
});

describe("operator", () => {
  it.each([
    ['+COPS: 0,0,"I TIM",7', { mode: 0, operator: "I TIM", technology: "LTE" }],
    ['+COPS: 0,0,"A, B",2', { mode: 0, operator: "A, B", technology: "UMTS" }],
    ['+COPS: 0,2,"310410",8', { mode: 0, operator: "310410", technology: "LTE-M" }],
    ["+COPS: 0", { mode: 0, operator: "", technology: "" }],
  ])("reads %s", async (line, expected) =>
    expect(await readOperator(new ScriptedChannel({ "AT+COPS?": [line] }))).toEqual(expected),
  );

  it("selects automatically only where the modem was told to stay away", async () => {
    const { signal } = new AbortController();
    const away = new ScriptedChannel({ "AT+COPS?": ["+COPS: 2"], "AT+COPS=0": [] });
    await selectAutomatically(away, signal);
    expect(away.sent).toEqual(["AT+COPS?", "AT+COPS=0"]);
    const searching = new ScriptedChannel({ "AT+COPS?": ["+COPS: 0"] });
    await selectAutomatically(searching, signal);
    expect(searching.sent).toEqual(["AT+COPS?"]);
  });
});

describe("readSignal", () => {
  it.each([
    [["+CSQ: 17,99"], ["+CESQ: 99,99,255,255,20,40"], { rssi: -79, rsrq: -10, rsrp: -101 }],
    [["+CSQ: 0,0"], ["+CESQ: 99,99,255,255,255,255"], { rssi: -113 }],
    [["+CSQ: 31,99"], "ERROR", { rssi: -51 }],
    [["+CSQ: 99,99"], ["+CESQ: 99,99,255,255,34,97"], { rsrq: -3, rsrp: -44 }],
    [["+CSQ: 99,99"], "ERROR", {}],
    ["ERROR", ["+CESQ:"], {}],
    [["+CSQ: 32,0"], ["+CESQ: 99,99,255,255,35,98"], {}],
  ] as const)("gives %s and %s as dBm and dB, leaving out the unknown", async (csq, cesq, signal) =>
    expect(await readSignal(new ScriptedChannel({ "AT+CSQ": csq, "AT+CESQ": cesq }))).toEqual(signal),
  );
});

describe("technologyName", () => {
  it.each([
    [0, "GSM"],
    [7, "LTE"],
    [8, "LTE-M"],
    [9, "NB-IoT"],
    [Number.NaN, ""],
    [77, ""],
  ])("names %d %s", (act, name) => expect(technologyName(act)).toBe(name));
});

describe("packet events", () => {
  it.each([
    ["+CGEV: NW DETACH", { reason: "NW DETACH" }],
    ["+CGEV: ME DETACH", { reason: "ME DETACH" }],
    ["+CGEV: NW PDN DEACT 1", { cid: 1, reason: "NW PDN DEACT 1" }],
    ["+CGEV: ME PDN DEACT 3,0", { cid: 3, reason: "ME PDN DEACT 3,0" }],
    ['+CGEV: NW DEACT "IP","10.0.0.1",2', { cid: 2, reason: 'NW DEACT "IP","10.0.0.1",2' }],
  ])("takes %s for a loss", (text, loss) => {
    const channel = new ScriptedChannel({});
    const losses: unknown[] = [];
    const leave = onContextLoss(channel, (one) => losses.push(one));
    channel.urc(text);
    leave();
    channel.urc(text);
    expect(losses).toEqual([loss]);
  });

  it.each(["+CGEV: ME PDN ACT 1", "+CGEV: NW MODIFY 1,0", "+CGEV: NW CLASS B", "+CGEV:"])("ignores %s", (text) => {
    const channel = new ScriptedChannel({});
    onContextLoss(channel, () => expect.unreachable(text));
    channel.urc(text);
  });

  it("follows the radio connection, and takes no answer for a report", () => {
    const channel = new ScriptedChannel({});
    const states: boolean[] = [];
    onRadioState(channel, (connected) => states.push(connected));
    for (const text of ["+CSCON: 1", "+CSCON: 0", "+CSCON: 1,0", "+CSCON:"]) channel.urc(text);
    expect(states).toEqual([true, false]);
  });
});
