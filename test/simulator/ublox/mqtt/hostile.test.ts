import { expect, it } from "vitest";
import { RANDOM_TIMEOUT_MS, randomWords, runs, seed } from "../../../support/random";
import { LaraHost } from "../lara-host";

const ANSWER = /\r\n(OK|ERROR|\+CME ERROR: [^\r]*)\r\n|\r\n>/;
const VALUES = [
  '"a"',
  '"#"',
  '"a/+"',
  '""',
  '"\xc3\xa4"',
  '"\xff"',
  '"x;y,z"',
  '"41"',
  "0",
  "1",
  "2",
  "-1",
  "",
  "9999999999",
];
const SOUND = [
  "AT+UMQTTC=1",
  "AT+UMQTTC=0",
  'AT+UMQTTC=4,2,"#"',
  'AT+UMQTTC=2,1,1,0,"a","x"',
  'AT+UMQTTC=2,2,0,0,"a","x"',
  'AT+UMQTTC=9,1,0,"a",3',
  "AT+UMQTTC=6",
  "AT+UMQTTC=8,1",
  "AT+UMQTT=10,1",
  'AT+UMQTT=2,"demo.example"',
  "AT+UMQTTNV=0",
  "AT+CFUN=4",
  "AT+CFUN=1",
  "AT+CGACT=1,1",
];
const FAULTS = [
  "mqtt-refused",
  "mqtt-closed",
  "mqtt-dropped=100",
  "mqtt-dropped=102",
  "mqtt-ping-failure",
  "mqtt-lost-result",
  "mqtt-late-prompt=5ms",
  "congestion@0s:20ms",
  "lost-context=1",
];

it("whatever comes is answered, and the client is free in the end", { timeout: RANDOM_TIMEOUT_MS }, async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  const word = randomWords();
  const pick = <T>(all: readonly T[]) => all[word() % all.length] as T;
  const host = await LaraHost.open();
  const say = async (line: string) => {
    host.write(`${line}\r`);
    if (!(await host.until(ANSWER)).endsWith(">")) return;
    host.write("abc");
    await host.until(ANSWER);
  };
  for (let step = runs(2000, 200); step > 0; step -= 1) {
    const dice = word() % 10;
    const values = Array.from({ length: word() % 5 }, () => `,${pick(VALUES)}`).join("");
    if (dice === 0) host.fault(pick(FAULTS));
    else if (dice < 5) await say(pick(SOUND));
    // Not 9, whose prompt would wait for more bytes, nor 2: no name but one is to be looked up.
    else await say(`AT+UMQTT${pick(["", "C"])}=${pick([0, 1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 20])}${values}`);
  }
  await say("AT+CFUN=4");
  for (const line of ["AT+CFUN=1", "AT+CGACT=1,1", "AT+UMQTTNV=0", 'AT+UMQTT=2,"demo.example"']) await say(line);
  await expect.poll(() => host.command("AT+UMQTTC=1"), { message: `seed ${seed}` }).toEqual(["OK"]);
  await host.urc(/\+UUMQTTC: 1,/);
  process.off("warning", warn);
  expect(warnings, `seed ${seed}`).toEqual([]);
});
