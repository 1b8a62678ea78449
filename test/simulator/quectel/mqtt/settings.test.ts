import { expect, it } from "vitest";
import { innerBroker } from "../../../support/brokers";
import { Bg96Host } from "../bg96-host";
import { ERROR, latin1, mqttHost, open } from "./mqtt-host";

it.each([
  ["version", ["3"], ["3", "4"]],
  ["pdpcid", ["1"], ["16"]],
  ["ssl", ["0,0"], ["1,5", "0,5"]],
  ["keepalive", ["120"], ["0", "3600"]],
  ["session", ["0"], ["1"]],
  ["timeout", ["5,3,0"], ["60,10,1", "1,0,0"]],
  ["will", ["0"], ['1,2,1,"a/b","gone"', '1,0,0,"a",""', `1,1,0,"${latin1("Zähler")}","x"`, "0"]],
  ["recv/mode", ["0,0"], ["1,1", "0,1"]],
])('+QMTCFG keeps "%s" for each client until a reboot', async (name, [initial], accepted) => {
  const host = await Bg96Host.open();
  const read = () => host.command(`AT+QMTCFG="${name}",2`);
  expect(await read()).toEqual([`+QMTCFG: "${name}",${initial}`, "OK"]);
  for (const values of accepted) {
    expect(await host.command(`AT+QMTCFG="${name}",2,${values}`)).toEqual(["OK"]);
    expect(await read()).toEqual([`+QMTCFG: "${name}",${values}`, "OK"]);
  }
  expect(await host.command(`AT+QMTCFG="${name}",3`)).toEqual([`+QMTCFG: "${name}",${initial}`, "OK"]);
  host.fault("reboot");
  await host.urc(/APP RDY/);
  await host.quiet();
  expect(await read()).toEqual([`+QMTCFG: "${name}",${initial}`, "OK"]);
});

it("+QMTCFG keeps a device of Alibaba Cloud", async () => {
  const host = await Bg96Host.open();
  expect(await host.command('AT+QMTCFG="aliauth",0')).toEqual(["OK"]);
  expect(await host.command('AT+QMTCFG="aliauth",0,"oyj","MQTT_TEST","wN9"')).toEqual(["OK"]);
  expect(await host.command('AT+QMTCFG="aliauth",0')).toEqual(['+QMTCFG: "aliauth","oyj","MQTT_TEST","wN9"', "OK"]);
});

it("values that are left out stay as they are", async () => {
  const host = await Bg96Host.open();
  for (const values of ["9,2,1", "10"]) await host.command(`AT+QMTCFG="timeout",0,${values}`);
  expect(await host.command('AT+QMTCFG="timeout",0')).toEqual(['+QMTCFG: "timeout",10,2,1', "OK"]);
  for (const values of ["1,3", "0"]) await host.command(`AT+QMTCFG="ssl",0,${values}`);
  expect(await host.command('AT+QMTCFG="ssl",0')).toEqual(['+QMTCFG: "ssl",0,3', "OK"]);
});

it.each([
  '"version",0,5',
  '"version",6,4',
  '"version",0,4,4',
  '"version"',
  '"pdpcid",0,0',
  '"pdpcid",0,17',
  '"ssl",0,2',
  '"ssl",0,1,6',
  '"keepalive",0,3601',
  '"session",0,2',
  '"timeout",0,0',
  '"timeout",0,61',
  '"timeout",0,5,11',
  '"timeout",0,5,3,2',
  '"will",0,1',
  '"will",0,0,0',
  '"will",0,1,3,0,"a","b"',
  '"will",0,1,0,2,"a","b"',
  '"will",0,1,0,0,"","b"',
  `"will",0,1,0,0,"${"a".repeat(257)}","b"`,
  `"will",0,1,0,0,"a","${"b".repeat(257)}"`,
  '"recv/mode",0,2',
  '"recv/mode",0,0,2',
  '"aliauth",0,"a","b"',
  '"dataformat",0,0,0',
])("AT+QMTCFG=%s is an error", async (rest) => {
  const host = await Bg96Host.open();
  expect(await host.command(`AT+QMTCFG=${rest}`)).toEqual(ERROR);
});

it("what the session is made from can't change while the client is open", async () => {
  const [host, { port }] = [await mqttHost(), await innerBroker()];
  await open(host, port);
  for (const rest of [
    '"version",0,4',
    '"session",0,1',
    '"keepalive",0,60',
    '"will",0,0',
    '"ssl",0,0',
    '"pdpcid",0,1',
  ]) {
    expect(await host.command(`AT+QMTCFG=${rest}`)).toEqual(ERROR);
    expect(await host.command(`AT+QMTCFG=${rest.replace(",0,", ",1,")}`)).toEqual(["OK"]);
  }
  for (const rest of ['"timeout",0,5,3,1', '"recv/mode",0,0,1']) {
    expect(await host.command(`AT+QMTCFG=${rest}`)).toEqual(["OK"]);
  }
});

it("the test forms tell the ranges", async () => {
  const host = await Bg96Host.open();
  expect(await host.command("AT+QMTCFG=?")).toEqual([
    '+QMTCFG: "version",(0-5),(3,4)',
    '+QMTCFG: "pdpcid",(0-5),(1-16)',
    '+QMTCFG: "ssl",(0-5),(0,1),(0-5)',
    '+QMTCFG: "keepalive",(0-5),(0-3600)',
    '+QMTCFG: "session",(0-5),(0,1)',
    '+QMTCFG: "timeout",(0-5),(1-60),(0-10),(0,1)',
    '+QMTCFG: "recv/mode",(0-5),(0,1),(0,1)',
    '+QMTCFG: "will",(0-5),(0,1),(0-2),(0,1),<will_topic>,<will_msg>',
    '+QMTCFG: "aliauth",(0-5),<product_key>,<device_name>,<device_secret>',
    "OK",
  ]);
  for (const name of ["OPEN", "CLOSE", "CONN", "DISC", "SUB", "UNS", "PUB"]) {
    expect(await host.command(`AT+QMT${name}=?`)).toEqual([expect.stringContaining(`+QMT${name}: (0-5)`), "OK"]);
  }
});
