import { expect, it } from "vitest";
import { linesOf } from "../../modem-host";
import { Bg96Host } from "../bg96-host";
import { CTRL_Z, run } from "./mqtt-host";

/** The session that the notes on MQTT print, in their order (AT facts 6), with the broker that every modem reaches. */
it("the example of the application note runs as it is printed", async () => {
  const host = await Bg96Host.online();
  expect(
    await host.command('AT+QMTCFG="aliauth",0,"oyjtmPl5a5j","MQTT_TEST","wN9Y6pZSIIy7Exa5qVzcmigEGO4kAazZ"'),
  ).toEqual(["OK"]);
  expect(await host.command("AT+QMTOPEN=?")).toEqual(["+QMTOPEN: (0-5),<host_name>,(1-65535)", "OK"]);
  await run(host, 'AT+QMTOPEN=0,"demo.example",1883', /\+QMTOPEN: 0,0/);
  expect(await host.command("AT+QMTOPEN?")).toEqual(['+QMTOPEN: 0,"demo.example",1883', "OK"]);
  expect(await host.command("AT+QMTCONN=?")).toEqual(["+QMTCONN: (0-5),<clientID>,<username>,<password>", "OK"]);
  await run(host, 'AT+QMTCONN=0,"clientExample"', /\+QMTCONN: 0,0,0/);
  await run(host, 'AT+QMTSUB=0,1,"topic/example",2', /\+QMTSUB: 0,1,0,2/);
  await run(host, 'AT+QMTSUB=0,1,"topic/pub",0', /\+QMTSUB: 0,1,0,0/);
  host.write('AT+QMTPUB=0,0,0,0,"topic/pub"\r');
  await host.until(/^\r\n> /);
  host.write(`This is test data, hello MQTT.${CTRL_Z}`);
  const lines = linesOf(await host.until(/OK\r\n[\s\S]*QMTRECV[^\r]*\r\n/));
  expect(lines[0]).toBe("OK");
  expect(lines).toContain('+QMTRECV: 0,0,"topic/pub","This is test data, hello MQTT."');
  await run(host, 'AT+QMTUNS=0,2,"topic/example"', /\+QMTUNS: 0,2,0/);
  await run(host, "AT+QMTDISC=0", /\+QMTDISC: 0,0/);
});
