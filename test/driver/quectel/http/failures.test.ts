import { describe, expect, it } from "vitest";
import { FakeMqtt } from "../mqtt/fake-mqtt";
import { Owner as MqttOwner, OPTIONS, WAIT } from "../mqtt/mqtt-session";
import { startSession } from "../session";
import { FakeSockets } from "../sockets/fake-sockets";
import { Owner } from "../sockets/socket-session";
import { count, POST, request, response } from "./requests";

describe("a failing BG96 request", () => {
  it.each([
    [714, "DNS_FAILED"],
    [716, "CONNECT_FAILED"],
    [719, "CONNECTION_CLOSED"],
    [728, "MODEM_TIMEOUT"],
    [706, "MODEM_BUSY"],
    [711, "INVALID_INPUT"],
    [729, "MODEM_REJECTED"],
  ])(
    "2.3-get-failed, 2.3-get-error, 4.3-dns-fails: turns %d into %s, by URC and by final result",
    async (number, code) => {
      const session = await startSession();
      session.http.answer = { response: "", outcome: String(number) };
      const failure = { code, cause: { errorCode: number } };
      await expect(request(session)).rejects.toMatchObject({ ...failure, cause: { result: `+QHTTPGET: ${number}` } });
      session.peer.on(/^AT\+QHTTPGET=/, [`+CME ERROR: ${number}`]);
      await expect(request(session)).rejects.toMatchObject(failure);
      expect(count(session, /QIDEACT/)).toBe([706, 716].includes(number) ? 1 : 0);
    },
  );

  it.each([701, 706, 715, 716])(
    "F31 with %i activates a context anew that nothing has shown to work, and asks once more",
    async (number) => {
      const session = await startSession();
      session.http.answer = { response: response("ok"), outcome: "0,200,2" };
      let isBroken = true;
      session.peer.on(/^AT\+QIDEACT=1$/, (_match, print) => {
        isBroken = false;
        session.active.delete(1);
        print.line("OK");
      });
      session.peer.on(/^AT\+QHTTPGET=/, (_match, print) => {
        print.line("OK");
        print.line(isBroken ? `+QHTTPGET: ${number}` : "+QHTTPGET: 0,200,2");
      });
      expect((await request(session)).body.toString()).toBe("ok");
      isBroken = true;
      // It has just worked: this is the server's.
      await expect(request(session)).rejects.toMatchObject({ cause: { errorCode: number } });
      expect(count(session, /QIDEACT/)).toBe(1);
    },
  );

  it("F31 neighbour: leaves a context alone that sockets are open on", async () => {
    const session = await startSession();
    new FakeSockets(session.peer);
    await session.services.sockets.openUdp({ timeout: 10_000 }, new Owner());
    session.http.answer = { response: "", outcome: "716" };
    await expect(request(session)).rejects.toMatchObject({ code: "CONNECT_FAILED" });
    expect(count(session, /QIDEACT/)).toBe(0);
  });

  it("F31 neighbour: leaves a context alone by which an MQTT session stands", async () => {
    const session = await startSession();
    new FakeMqtt(session.peer);
    const mqtt = await session.services.mqtt.connect(OPTIONS, new MqttOwner());
    session.http.answer = { response: "", outcome: "716" };
    await expect(request(session)).rejects.toMatchObject({ code: "CONNECT_FAILED" });
    expect(count(session, /QIDEACT/)).toBe(0);
    await mqtt.disconnect(WAIT);
    await expect(request(session)).rejects.toMatchObject({ code: "CONNECT_FAILED" });
    expect(count(session, /QIDEACT/)).toBe(1);
  });

  it("F31 neighbour: with a dead server a new context is tried once, not at every request", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    for (let asked = 0; asked < 5; asked += 1)
      await expect(request(session)).rejects.toMatchObject({ code: "CONNECT_FAILED" });
    expect(count(session, /QIDEACT/)).toBe(1);
  });

  it("does not name the query, which may hold secrets", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "716" };
    const error: unknown = await request(session, { url: "http://example.org/a?token=secret" }).catch(
      (reason) => reason,
    );
    expect(String(error) + JSON.stringify(error)).not.toContain("secret");
    expect(String(error)).toContain("GET http://example.org/a: connection to the server failed (716)");
  });

  it("4.3-dns-fails: activates the context anew when it has no DNS server, and asks once more", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "714" };
    session.peer.on(/^AT\+QIDNSCFG=1$/, ['+QIDNSCFG: 1,"0.0.0.0","0.0.0.0"', "OK"]);
    session.peer.on(/^AT\+QIACT=1$/, (_match, print) => {
      session.active.add(1);
      session.http.answer = { response: response("ok"), outcome: "0,200,2" };
      print.line("OK");
    });
    expect((await request(session)).body.toString()).toBe("ok");
    expect(count(session, /^AT\+QIDEACT=1$/)).toBe(1);
  });

  it("repeats a POST that was refused before it was accepted, and no other", async () => {
    const session = await startSession();
    let tries = 0;
    session.peer.on(/^AT\+QHTTPPOST=(\d+),/, async ([, length], print) => {
      if (++tries === 1) return print.line("+CME ERROR: 707");
      await print.take(Number(length));
      print.line("OK");
      print.line("+QHTTPPOST: 709");
    });
    await expect(request(session, POST)).rejects.toMatchObject({ code: "NO_CONNECTION" });
    expect(tries).toBe(2);
    await expect(request(session, POST)).rejects.toMatchObject({ code: "NO_CONNECTION" });
    expect(tries).toBe(3);
  });

  it("puts back a context that vanished without a word", async () => {
    const session = await startSession();
    session.active.clear();
    session.http.answer = { response: response("ok"), outcome: "0,200,2" };
    expect((await request(session)).body.toString()).toBe("ok");
    expect(session.peer.commands.slice(0, 4)).toEqual(["AT+QIACT?", "AT+QIDEACT=1", "AT+QIACT?", "AT+QIACT=1"]);
  });

  it("does not activate a context that nobody asked for", async () => {
    const session = await startSession();
    await expect(request(session, { cid: 2 })).rejects.toMatchObject({ code: "NO_CONNECTION" });
    expect(count(session, /QIACT=/)).toBe(0);
  });

  it("4.1-command-fails: looks at the SIM after a plain ERROR", async () => {
    const session = await startSession();
    session.peer.on(/^AT\+QHTTPGET=/, ["ERROR"]).on(/^AT\+CPIN\?$/, ["+CME ERROR: 10"]);
    await expect(request(session)).rejects.toMatchObject({ code: "SIM_ERROR" });
  });

  it("4.4-data-mode-busy: says who is in the way", async () => {
    const session = await startSession();
    session.peer.on(/^AT\+QHTTPURL=/, ["+CME ERROR: 704"]);
    await expect(request(session)).rejects.toMatchObject({
      code: "MODEM_BUSY",
      message: expect.stringContaining("another port of the modem is in data mode"),
    });
  });

  it("waits for an earlier request's result when the modem is busy with it (703)", async () => {
    const session = await startSession();
    let tries = 0;
    session.peer.on(/^AT\+QHTTPURL=(\d+),/, async ([, length], print) => {
      if (++tries === 1) {
        print.line("+CME ERROR: 703");
        return session.peer.urc("+QHTTPGET: 0,200,5");
      }
      await print.take(Number(length));
      print.line("OK");
    });
    session.http.answer = { response: response("ok"), outcome: "0,200,2" };
    expect((await request(session)).body.toString()).toBe("ok");
    expect(tries).toBe(2);
  });
});
