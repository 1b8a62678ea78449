import { describe, expect, it, onTestFinished } from "vitest";
import { openDtlsFront } from "../../../support/dtls-gateway";
import { CERTIFICATE, fixture } from "../../../support/dtls-server";
import { innerGateway } from "../../../support/mqtt-sn";
import { needsTool } from "../../../support/needs";
import { pem } from "../../internet/tls-servers";
import { importInto } from "../security/secure-host";
import { connect, openHost, publishAndGet, readOne, run, subscribe } from "./mqtt-sn-host";

const TOOL = needsTool("openssl");

async function bench(args?: readonly string[]) {
  const { gateway } = await innerGateway();
  const front = await openDtlsFront(gateway, args);
  onTestFinished(() => front.close());
  const host = await openHost(front.port);
  await importInto(host, 0, "root", pem("ca.cert"));
  for (const rest of ["2,0,1", '2,3,"root"']) expect(await host.command(`AT+USECPRF=${rest}`)).toEqual(["OK"]);
  expect(await host.command("AT+UMQTTSN=9,1,2")).toEqual(["OK"]);
  return { gateway, host };
}

describe.skipIf(TOOL.skip)(`MQTT-SN over DTLS${TOOL.reason}`, () => {
  it("works as without", async () => {
    const { gateway, host } = await bench();
    await connect(host);
    const id = await subscribe(host, "room/temperature");
    await publishAndGet(host, `4,1,0,0,0,"${id}","${"20 degrees ".repeat(50)}"`);
    expect((await readOne(host)).message).toBe("20 degrees ".repeat(50));
    await run(host, "AT+UMQTTSNC=0", /\+UUMQTTSNC: 0,1/);
    expect(gateway.clients).toEqual([]);
    await connect(host);
  });

  it("shows the client's certificate, and takes the one suite that is set", async () => {
    const { host } = await bench([
      ...CERTIFICATE,
      "-Verify",
      "3",
      "-CAfile",
      fixture("ca.cert"),
      "-verify_return_error",
    ]);
    await importInto(host, 1, "cert", pem("client.cert"));
    await importInto(host, 2, "key", pem("client.key"));
    for (const rest of ["0,0", "1,3", '2,99,"C0","30"', '5,"cert"', '6,"key"']) {
      expect(await host.command(`AT+USECPRF=2,${rest}`)).toEqual(["OK"]);
    }
    await connect(host);
  });

  it("fails with a gateway that the profile does not trust", async () => {
    const { host } = await bench();
    expect(await host.command("AT+USECPRF=2,0,2")).toEqual(["OK"]);
    expect(await host.command('AT+USECPRF=2,4,"other.example"')).toEqual(["OK"]);
    await run(host, "AT+UMQTTSNC=1", /\+UUMQTTSNC: 1,0/);
    expect(await host.command("AT+UMQTTSNER")).toEqual(["+UMQTTSNER: 14,0", "OK"]);
  });

  it("holds one of the four places for secure connections", async () => {
    const { host } = await bench();
    await connect(host);
    await run(host, "AT+UMQTTSNC=0", /\+UUMQTTSNC: 0,1/);
    for (let count = 0; count < 4; count += 1) {
      await connect(host);
      host.fault("mqtt-sn-dropped=101");
      await host.urc(/\+UUMQTTSNC: 0,101/);
    }
    await connect(host);
  });
});
