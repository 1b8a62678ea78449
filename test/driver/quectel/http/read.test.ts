import { describe, expect, it } from "vitest";
import type { HttpResponse } from "../../../../driver/services/http/http";
import { advance, useFakeTime } from "../../../support/clock";
import { rejection } from "../../../support/failure";
import { type Session, startSession } from "../session";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

function get({ services }: Session, fields: { timeout?: number; signal?: AbortSignal } = {}): Promise<HttpResponse> {
  return services.http.request({ method: "GET", url: "http://example.org/", headers: [], timeout: 60_000, ...fields });
}

/** The modem answers the next GET only when told to. */
function holdAnswer({ peer }: Session): (outcome: string) => void {
  let held = true;
  peer.on(/^AT\+QHTTPGET=/, (_match, print) => {
    print.line("OK");
    if (!held) return print.line("+QHTTPGET: 0,200,2");
    held = false;
  });
  return (outcome) => peer.urc(`+QHTTPGET: ${outcome}`);
}

describe("a BG96 response that breaks off", () => {
  useFakeTime();

  it("2.6-read-timeout, 4.6-read-fails: is CONNECTION_CLOSED with both numbers, and the next request works", async () => {
    const session = await startSession();
    session.http.answer = { response: `${HEAD}only this`, outcome: "0,200,1000", readError: 717 };
    const failure = rejection(get(session));
    await advance(10_000);
    expect(await failure).toMatchObject({
      code: "CONNECTION_CLOSED",
      message: expect.stringMatching(/socket read error \(717\).*9 of 1000 bytes/),
    });
    session.http.answer = { response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", outcome: "0,200,2" };
    const next = get(session);
    await advance(1000);
    expect((await next).body.toString()).toBe("ok");
  });

  it("4.6-read-fails, 2.7-read-file-error: through a file tells how much was stored", async () => {
    const session = await startSession();
    session.http.answer = { response: `HTTP/1.1 200 OK\r\n\r\nhalf`, readError: 719 };
    const failure = rejection(get(session));
    await advance(1000);
    expect(await failure).toMatchObject({
      code: "CONNECTION_CLOSED",
      message: expect.stringMatching(/socket closed \(719\).*23 bytes of head and body/),
    });
    expect(session.files.size).toBe(0);
  });

  it("before its head is complete is no response without a body", async () => {
    const session = await startSession();
    session.http.answer = { response: "HTTP/1.1 200 OK\r\nCont", outcome: "0,200,1000" };
    const failure = rejection(get(session));
    await advance(10_000);
    expect(await failure).toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("but is reported as complete is CONNECTION_CLOSED all the same", async () => {
    const session = await startSession({ bytesPerSecond: 100 });
    session.http.answer = { response: `${HEAD}half`, outcome: "0,200,1000" };
    const failure = rejection(get(session));
    await advance(1000);
    expect(await failure).toMatchObject({
      code: "CONNECTION_CLOSED",
      message: expect.stringContaining("4 of the 1000"),
    });
  });
});

describe("a BG96 request whose caller leaves", () => {
  useFakeTime();

  it("is MODEM_TIMEOUT at the deadline; the next one starts when the modem is done with it", async () => {
    const session = await startSession();
    session.http.answer = { response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", outcome: "0,200,2" };
    const answer = holdAnswer(session);
    const slow = rejection(get(session, { timeout: 10_000 }));
    await advance(1_000);
    await advance(10_000);
    expect(await slow).toMatchObject({ code: "MODEM_TIMEOUT", message: expect.stringContaining("10 s") });
    expect(session.peer.commands).toContain("AT+QHTTPGET=10");
    const next = get(session);
    await advance(1_000);
    expect(session.peer.commands.filter((line) => line.startsWith("AT+QHTTPURL"))).toHaveLength(1);
    answer("728");
    await advance(1000);
    expect((await next).body.toString()).toBe("ok");
  });

  it("leaves at once on abort; without a result the modem gets its own time and no more", async () => {
    const session = await startSession();
    holdAnswer(session);
    const abort = new AbortController();
    const first = rejection(get(session, { signal: abort.signal, timeout: 10_000 }));
    await advance(1_000);
    abort.abort();
    expect(await first).toMatchObject({ name: "AbortError" });
    session.http.answer = { response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", outcome: "0,200,2" };
    const next = get(session);
    await advance(20_000);
    expect((await next).body.toString()).toBe("ok");
  });

  it("waits its turn for at most its own time, and says who is in the way", async () => {
    const session = await startSession();
    const answer = holdAnswer(session);
    const first = rejection(get(session));
    await advance(1_000);
    const second = rejection(get(session, { timeout: 5_000 }));
    await advance(5_000);
    expect(await second).toMatchObject({ code: "MODEM_BUSY", message: expect.stringContaining("http://example.org/") });
    answer("719");
    await advance(1_000);
    expect(await first).toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("has the whole response before old firmware is done waiting for the connection to close", async () => {
    const session = await startSession();
    session.http.answer = { response: "", outcome: "0,200,2" };
    session.peer.on(/^AT\+QHTTPREAD=/, (_match, print) => {
      print.line("CONNECT");
      print.raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const first = get(session);
    await advance(1_000);
    expect((await first).body.toString()).toBe("ok");
    const second = get(session);
    await advance(1_000);
    expect(session.peer.commands.filter((line) => line.startsWith("AT+QHTTPURL"))).toHaveLength(1);
    session.peer.urc("OK");
    session.peer.urc("+QHTTPREAD: 0");
    await advance(1_000);
    expect(session.peer.commands.filter((line) => line.startsWith("AT+QHTTPURL"))).toHaveLength(2);
    expect(await second).toMatchObject({ statusCode: 200 });
  });

  it.each([
    ["lost", "ok:1"],
    ["doubled", "ok::12"],
  ])("is an error, not a wrong body, when a byte is %s on the way", async (_how, body) => {
    const session = await startSession();
    session.http.answer = {
      response: `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${body}`,
      outcome: "0,200,5",
    };
    const failure = rejection(get(session));
    await advance(10_000);
    expect(await failure).toMatchObject({ code: "MODEM_REJECTED", message: expect.stringContaining("Check cable") });
  });

  it("fails with MODEM_RESTARTED when the modem reboots", async () => {
    const session = await startSession();
    holdAnswer(session);
    const first = rejection(get(session));
    await advance(1_000);
    session.peer.urc("RDY");
    await advance(1_000);
    expect(await first).toMatchObject({ code: "MODEM_RESTARTED" });
  });
});
