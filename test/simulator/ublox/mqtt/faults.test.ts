import { describe, expect, it } from "vitest";
import { login, openMqtt, readOne, run, subscribe } from "./mqtt-host";

const NOT_ALLOWED = ["+CME ERROR: operation not allowed"];

describe("faults of MQTT", () => {
  it("mqtt-refused: the next login fails with 13,8", async () => {
    const { host } = await openMqtt();
    host.fault("mqtt-refused");
    await run(host, "AT+UMQTTC=1", /\+UUMQTTC: 1,0/);
    expect(await host.command("AT+UMQTTER")).toEqual(["+UMQTTER: 13,8", "OK"]);
    await login(host);
  });

  it("mqtt-closed: the broker hangs up behind the login", async () => {
    const { host } = await openMqtt();
    host.fault("mqtt-closed");
    await login(host);
    await host.urc(/\+UUMQTTC: 0,100/);
    await login(host);
  });

  it.each([100, 101, 102])("mqtt-dropped=%d ends the session", async (code) => {
    const { host } = await openMqtt();
    await login(host);
    host.fault(`mqtt-dropped=${code}`);
    await host.urc(new RegExp(`\\+UUMQTTC: 0,${code}`));
    expect(await host.command('AT+UMQTTC=2,0,0,0,"a","b"')).toEqual(NOT_ALLOWED);
    await login(host);
  });

  it("mqtt-dropped comes between a prompt and its data too", async () => {
    const { host } = await openMqtt();
    await login(host);
    host.write('AT+UMQTTC=9,1,0,"a",3\r');
    await host.until(/>/);
    host.fault("mqtt-dropped=101");
    host.write("abc");
    const said = await host.until(/\+UUMQTTC: 2,0\r\n/);
    expect(said).toContain("+UUMQTTC: 0,101");
  });

  it("mqtt-ping-failure: the ping loop ends", async () => {
    const { host } = await openMqtt();
    await host.command("AT+UMQTT=10,60");
    await login(host);
    host.fault("mqtt-ping-failure");
    await host.command("AT+UMQTTC=8,1");
    host.fault("mqtt-ping-failure");
    await host.urc(/\+UUMQTTC: 8,0/);
    await run(host, 'AT+UMQTTC=2,1,0,0,"a","b"', /\+UUMQTTC: 2,1/);
  });

  it("mqtt-lost-result: the broker has the message, and the host no word of it", async () => {
    const { host } = await openMqtt();
    await login(host);
    await subscribe(host, "a");
    host.fault("mqtt-lost-result");
    await host.command('AT+UMQTTC=2,1,0,0,"a","b"');
    expect(await host.until(/\+UUMQTTC: 6,1/)).not.toContain("2,1\r");
    await readOne(host);
    await run(host, 'AT+UMQTTC=2,1,0,0,"a","b"', /\+UUMQTTC: 2,1/);
  });

  it("mqtt-binary-result: a publish by prompt ends with 9,1", async () => {
    const { host } = await openMqtt();
    await login(host);
    host.fault("mqtt-binary-result");
    await host.upload('AT+UMQTTC=9,1,0,"a",3', Buffer.from("abc"));
    await host.urc(/\+UUMQTTC: 9,1/);
    await run(host, 'AT+UMQTTC=2,1,0,0,"a","b"', /\+UUMQTTC: 2,1/);
  });

  it("mqtt-late-prompt: the next prompt is late", async () => {
    const { host } = await openMqtt();
    await login(host);
    host.fault("mqtt-late-prompt=200ms");
    const before = performance.now();
    await host.upload('AT+UMQTTC=9,0,0,"a",3', Buffer.from("abc"));
    expect(performance.now() - before).toBeGreaterThan(190);
    await host.urc(/\+UUMQTTC: 2,1/);
  });

  it("mqtt-stuck: silence, then every command is refused until the radio was off", async () => {
    const { host } = await openMqtt();
    await login(host);
    host.fault("mqtt-stuck=200ms");
    await host.command('AT+UMQTTC=2,1,0,0,"a","b"');
    host.write("AT\r");
    // Nothing but this comes until then.
    expect(await host.until(/\+UUMQTTC: 8,0\r\n/)).toBe("\r\n+UUMQTTC: 8,0\r\n");
    expect(await host.command("AT+UMQTTER")).toEqual(["+UMQTTER: 13,33", "OK"]);
    for (const rest of ["0", "1", "6", '2,0,0,0,"a","b"', "8,0"]) {
      expect(await host.command(`AT+UMQTTC=${rest}`)).toEqual(NOT_ALLOWED);
    }
    await host.command("AT+CFUN=4");
    await host.until(/\+UUMQTTC: 9,0\r\n\r\n\+UUMQTTC: 8,0\r\n\r\n\+UUMQTTC: 0,100\r\n/);
    for (const line of ["AT+CFUN=1", "AT+CGACT=1,1"]) await host.command(line);
    await login(host);
  });

  it("mqtt-stuck: a reboot helps too", async () => {
    const { host, broker } = await openMqtt();
    await login(host);
    host.fault("mqtt-stuck=50ms");
    await host.command('AT+UMQTTC=2,1,0,0,"a","b"');
    await host.urc(/\+UUMQTTC: 8,0/);
    await host.reboot();
    await host.command("AT+CGACT=1,1");
    await host.command(`AT+UMQTT=2,"broker.example",${broker.port}`);
    await login(host);
  });

  it("mqtt-sister-settings: the profile has a local port and clean sessions", async () => {
    const { host, broker } = await openMqtt();
    for (const line of ["AT+UMQTT=12,0", "AT+UMQTT=1,1024"]) {
      expect(await host.command(line)).toEqual(["+CME ERROR: operation not supported"]);
    }
    host.fault("mqtt-sister-settings");
    expect(await host.command("AT+UMQTT=12,0")).toEqual(["OK"]);
    const shown = await host.command("AT+UMQTT?");
    expect(shown).toContain("+UMQTT: 12,0");
    expect(shown).toContain("+UMQTT: 1,0");
    await login(host);
    await subscribe(host, "kept", 1);
    await run(host, "AT+UMQTTC=0", /\+UUMQTTC: 0,1/);
    const kept = { cmd: "publish", topic: "kept", payload: "x", qos: 1, retain: false, dup: false } as const;
    await new Promise<void>((resolve) => broker.aedes.publish(kept, () => resolve()));
    await host.command("AT+UMQTTC=1");
    await host.urc(/\+UUMQTTC: 6,1/);
    expect(await readOne(host)).toEqual({ qos: 1, topic: "kept", message: "x" });
  });

  it("mqtt-ascii: what is no ASCII is refused", async () => {
    const { host } = await openMqtt();
    await login(host);
    host.fault("mqtt-ascii@0s:1m");
    for (const line of ['AT+UMQTTC=4,0,"gr\xc3\xb6\xc3\x9fe"', 'AT+UMQTT=0,"\xc3\xb6"']) {
      expect(await host.command(line)).toEqual(["+CME ERROR: incorrect parameters"]);
    }
    await subscribe(host, "a");
  });
});
