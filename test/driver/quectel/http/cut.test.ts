import { describe, expect, it, vi } from "vitest";
import type { HttpRequest, HttpResponse } from "../../../../driver/services/http/http";
import { useEventLoopClock } from "../../../support/clock";
import { outcome } from "../../../support/failure";
import { type DamagedModem, damagedModem, rawServer } from "../../damage/modem";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

const BODY = "0123456789".repeat(6);
const answer = (body: string, length = body.length) =>
  `HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: ${length}\r\n\r\n${body}`;

const get = ({ driver }: DamagedModem, fields: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
  driver.services.http.request({ method: "GET", url: "http://server.test/", headers: [], timeout: 60_000, ...fields });

/** How the work ends, and the ms that it and a command behind it take. */
async function timed(modem: DamagedModem, work: () => Promise<string>) {
  const start = performance.now();
  const end = await work();
  const error = performance.now() - start;
  await modem.channel.send({ line: "AT", label: "AT", timeout: 100_000 });
  return { end, error, line: performance.now() - start - error };
}

/** The modem's final result in every number of bytes that a body may lack, and more. */
const MOST_MISSING = BODY.length;

describe("F01 a BG96 body whose last bytes don't come", () => {
  it("F01 is CONNECTION_CLOSED within 2 s for every number of bytes that the server left out, and the line is free", async () => {
    let missing = 1;
    const port = await rawServer(() => answer(BODY.slice(0, BODY.length - missing), BODY.length));
    const modem = await damagedModem("BG96", port);
    const wrong: string[] = [];
    for (; missing <= MOST_MISSING; missing += 1) {
      const { end, error, line } = await timed(modem, () => outcome(get(modem)));
      if (end !== "CONNECTION_CLOSED" || error > 2_000 || line > 500) wrong.push(`${missing}: ${end} ${error} ${line}`);
    }
    expect(wrong).toEqual([]);
  });

  it("F01 is an error within 2 s for every number of bytes that the line lost, and the line is free", async () => {
    const port = await rawServer(() => answer(BODY));
    const modem = await damagedModem("BG96", port);
    await get(modem);
    modem.line.record();
    await get(modem);
    const at = modem.line.recorded.indexOf(BODY) + 3;
    const wrong: string[] = [];
    for (let count = 1; count <= 40; count += 1) {
      modem.line.damage({ kind: "lost", at, count });
      const { end, error, line } = await timed(modem, () => outcome(get(modem)));
      if (end !== "MODEM_REJECTED" || error > 2_000 || line > 500) wrong.push(`${count}: ${end} ${error} ${line}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(["lost", "doubled", "flipped"] as const)(
    "F01 neighbour: is an error or right, and soon, when bytes of the final result are %s",
    async (kind) => {
      const modem = await damagedModem("BG96", await rawServer(() => answer(BODY)));
      await get(modem);
      modem.line.record();
      await get(modem);
      const end = modem.line.recorded.indexOf(BODY) + BODY.length;
      const wrong: string[] = [];
      for (let at = end - 3; at < end + 6; at += 1) {
        for (const count of [1, 2, 3]) {
          modem.line.damage({ kind, at, count });
          const sent = get(modem).then(({ body }) => body.toString());
          const {
            end: code,
            error,
            line,
          } = await timed(modem, () =>
            sent.then(
              (body) => (body === BODY || (kind === "flipped" && at < end) ? "done" : body),
              ({ code: failed }) => failed,
            ),
          );
          if (!["done", "MODEM_REJECTED"].includes(code) || error > 3_000 || line > 12_000)
            wrong.push(`${count} at ${at - end}: ${code} ${error} ${line}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it.each([
    ["ends in a final result", `${BODY}\r\nOK\r\n`],
    ["ends in an error", `${BODY}\r\n+CME ERROR: 719\r\n`],
    ["ends as QHTTPREAD does", `${BODY}\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n`],
    ["is a final result", "\r\nOK\r\n"],
  ])("F01 neighbour: one that %s is read exactly", async (_how, body) => {
    const modem = await damagedModem("BG96", await rawServer(() => answer(body)));
    expect((await get(modem)).body.toString()).toBe(body);
  });

  it.each([1, 2, 6, 19, 21])(
    "F01 neighbour: one that ends in a final result and lacks %i bytes is no success",
    async (missing) => {
      const body = `${BODY}\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n`;
      const cut = body.slice(0, body.length - missing);
      const modem = await damagedModem("BG96", await rawServer(() => answer(cut, body.length)));
      const { end, error, line } = await timed(modem, () => outcome(get(modem)));
      expect([end, error < 2_000, line < 500]).toEqual(["CONNECTION_CLOSED", true, true]);
    },
  );

  it("F01 neighbour: one of POST, and one that goes through a file, are CONNECTION_CLOSED as soon", async () => {
    const modem = await damagedModem("BG96", await rawServer(() => answer(BODY, BODY.length + 17)));
    const post = { method: "POST", body: Buffer.from("x"), contentType: "text/plain" } as const;
    for (const fields of [post, { verify: "always" }] as const) {
      const { end, error, line } = await timed(modem, () => outcome(get(modem, fields)));
      expect([end, error < 2_000, line < 500]).toEqual(["CONNECTION_CLOSED", true, true]);
    }
  });
});
