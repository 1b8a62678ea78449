import { describe, expect, it } from "vitest";
import {
  type CombinedRegistration,
  isRegistered,
  parseRegistration,
  RegistrationWatch,
} from "../../../driver/cellular/registration";
import { isRegistrationAnswer } from "../../../driver/cellular/registration-answer";
import { ScriptedChannel } from "./scripted-channel";

const line = (text: string) => ({ text, data: [] });

describe("parseRegistration", () => {
  it.each([
    // answers: <n>,<stat>
    ["+CREG: 0,1", { state: "home", technology: "", mode: 0 }],
    ['+CEREG: 2,5,"2046","07ba7016",7', { state: "roaming", technology: "LTE", mode: 2 }],
    ['+CEREG: 4,5,,,,,,,"00000000","01100000"', { state: "roaming", technology: "", mode: 4 }],
    ['+CEREG: 4,1,"2C3F","8010","01A2B3C4",7,,,"11100000","11100000"', { state: "home", technology: "LTE", mode: 4 }],
    ['+CGREG: 2,1,"00C3","0102",2', { state: "home", technology: "UMTS", mode: 2 }],
    ["+CEREG: 2,1,00AB,01CD,9", { state: "home", technology: "NB-IoT", mode: 2 }],
    ["+CEREG: 2,2", { state: "searching", technology: "", mode: 2 }],
    ['+CEREG: 3,3,"0000","00000000",7,0,15', { state: "denied", technology: "", mode: 3 }],
    ["+CREG:0,5", { state: "roaming", technology: "", mode: 0 }],
    // reports: <stat>
    ["+CEREG: 1", { state: "home", technology: "" }],
    ['+CEREG: 5,"2046","07ba7016",8', { state: "roaming", technology: "LTE-M" }],
    ['+CREG: 0,"0000","0000",0', { state: "none", technology: "" }],
    ["+CREG: 2,,", { state: "searching", technology: "" }],
    ["+CEREG: 4", { state: "unknown", technology: "" }],
    ['+CEREG: 1,"00C3","0102",7,,,"00000000","01100000"', { state: "home", technology: "LTE" }],
    ["+CREG: 9", { state: "home", technology: "" }],
    ["+CREG: 10", { state: "roaming", technology: "" }],
    ["+CEREG: 6", { state: "denied", technology: "" }],
    ["+CREG: 8", { state: "denied", technology: "" }],
  ])("reads %s", (text, expected) => expect(parseRegistration(line(text))).toEqual(expected));

  it.each(["+CREG:", "+CREG: x", "+CREG: 77", "+CREG: -1"])("takes nothing from %s", (text) =>
    expect(parseRegistration(line(text))).toBeUndefined(),
  );

  it("tells an answer from a report by its shape", () => {
    expect(isRegistrationAnswer(line("+CREG: 0,1"))).toBe(true);
    expect(isRegistrationAnswer(line('+CREG: 1,"2046","07BA"'))).toBe(false);
    expect(isRegistrationAnswer(line("+CREG: 1"))).toBe(false);
    expect(isRegistrationAnswer(line("+CREG: 2,,"))).toBe(false);
  });
});

describe("RegistrationWatch", () => {
  const OFF = { "+CREG": "+CREG: 2,0", "+CGREG": "+CGREG: 2,0", "+CEREG": "+CEREG: 2,2" };

  function watch(answers: Partial<typeof OFF> = {}) {
    const states = { ...OFF, ...answers };
    const script = Object.fromEntries(
      Object.entries(states).flatMap(([name, answer]): [string, string[]][] => [
        [`AT${name}=2`, []],
        [`AT${name}?`, [answer]],
      ]),
    );
    const channel = new ScriptedChannel(script);
    const changes: CombinedRegistration[] = [];
    return { channel, script, changes, made: new RegistrationWatch(channel, (change) => changes.push(change)) };
  }

  it("turns reports on, reads every domain and combines them", async () => {
    const { made, channel } = watch();
    await made.start();
    expect(made.current).toEqual({ state: "searching", technology: "" });
    expect(isRegistered(made.current)).toBe(false);
    expect(channel.sent.slice(0, 3)).toEqual(["AT+CREG=2", "AT+CGREG=2", "AT+CEREG=2"]);
  });

  it("stays registered when GPRS says 0 after LTE and CS have said 5", async () => {
    const { made, channel, changes } = watch();
    await made.start();
    channel.urc('+CEREG: 5,"2046","07ba7016",7');
    channel.urc('+CREG: 5,"2046","07BA"');
    channel.urc('+CGREG: 0,"0000","0000"');
    expect(made.current).toEqual({ state: "roaming", technology: "LTE" });
    expect(changes.filter(isRegistered)).toHaveLength(1);
  });

  it("tells a loss only when the last domain is gone", async () => {
    const { made, channel } = watch({ "+CREG": "+CREG: 2,1", "+CEREG": '+CEREG: 2,1,"1","2",7' });
    await made.start();
    channel.urc("+CREG: 0");
    expect(isRegistered(made.current)).toBe(true);
    channel.urc("+CEREG: 2");
    expect(made.current).toEqual({ state: "searching", technology: "" });
  });

  it("takes an answer in the shape of a report", async () => {
    const { made } = watch({ "+CREG": '+CREG: 1,"0001","0002",0' });
    await made.start();
    expect(made.current).toEqual({ state: "home", technology: "GSM" });
  });

  it("does without a domain that the modem doesn't know, and fails without any", async () => {
    const { made, script, channel } = watch({ "+CEREG": "+CEREG: 2,1" });
    Object.assign(script, { "AT+CREG=2": "ERROR" });
    await made.start();
    expect(channel.sent).not.toContain("AT+CREG?");
    expect(isRegistered(made.current)).toBe(true);

    Object.assign(script, { "AT+CGREG=2": "ERROR", "AT+CEREG=2": "ERROR" });
    await expect(new RegistrationWatch(channel, () => {}).start()).rejects.toMatchObject({ code: "MODEM_REJECTED" });
  });

  it("notices by reports that are off again that the modem has rebooted", async () => {
    const { made, script } = watch();
    await made.start();
    expect(await made.refresh()).toBe(true);
    Object.assign(script, { "AT+CREG?": ["+CREG: 0,2"], "AT+CGREG?": ["+CGREG: 0,0"], "AT+CEREG?": ["+CEREG: 0,2"] });
    expect(await made.refresh()).toBe(false);
  });

  it("suspects no reboot of a modem whose answers never told the mode", async () => {
    const { made } = watch({ "+CREG": "+CREG: 0,1", "+CGREG": "+CGREG: 0,1", "+CEREG": "+CEREG: 0,1" });
    await made.start();
    expect(await made.refresh()).toBe(true);
  });

  it("hears nothing more once it is stopped", async () => {
    const { made, channel } = watch();
    await made.start();
    made.stop();
    expect(channel.listeners).toBe(0);
  });
});
