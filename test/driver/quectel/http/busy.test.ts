import { describe, expect, it } from "vitest";
import { advance, useFakeTime } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { startSession } from "../session";

/** A BG96 on which a request of an earlier session runs, until something ends it. */
async function occupied() {
  const session = await startSession();
  const { peer, http } = session;
  let busy = true;
  http.answer = { response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", outcome: "0,200,2" };
  peer.on(/^AT\+QHTTPURL=(\d+),/, async ([, length], print) => {
    if (busy) return print.line("+CME ERROR: 703");
    print.line("CONNECT");
    await print.take(Number(length));
    print.line("OK");
  });
  const free = () => {
    busy = false;
  };
  const request = (timeout: number) =>
    session.services.http.request({ method: "GET", url: "http://example.org/", headers: [], timeout });
  return { ...session, free, request };
}

const cuts = (commands: readonly string[]) => commands.filter((line) => /^AT\+QI(DE)?ACT=/.test(line));

describe("a BG96 that is busy with an earlier session's request", () => {
  useFakeTime();

  it("is left to end it by itself", async () => {
    const { peer, free, request } = await occupied();
    const answer = request(80_000);
    await advance(4000);
    free();
    peer.urc("+QHTTPGET: 702");
    await advance(1000);
    expect((await answer).body.toString()).toBe("ok");
    expect(cuts(peer.commands)).toEqual([]);
  });

  it("gets a new context when it does not end", async () => {
    const { peer, free, request } = await occupied();
    peer.on(/^AT\+QIDEACT=1$/, (_match, print) => {
      free();
      print.line("OK");
    });
    const answer = request(80_000);
    await advance(8000);
    expect((await answer).body.toString()).toBe("ok");
    expect(cuts(peer.commands).at(0)).toBe("AT+QIDEACT=1");
  });

  it("is not waited for longer than the request may take", async () => {
    const { peer, request } = await occupied();
    const failed = failure(request(2000));
    await advance(3000);
    expect(await failed).toMatchObject({ code: "MODEM_TIMEOUT" });
    expect(cuts(peer.commands)).toEqual([]);
  });
});
