import { describe, expect, it, vi } from "vitest";
import type { HttpRequest, HttpResponse } from "../../../driver/services/http/http";
import { useEventLoopClock } from "../../support/clock";
import { outcome } from "../../support/failure";
import { type DamagedModem, damagedModem, MODELS, rawServer } from "./modem";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const HEAD = "HTTP/1.1 200 OK\r\nServer: nginx\r\n";
const HELLO = `${HEAD}Content-Length: 5\r\n\r\nhello`;
const CHUNKS = '8\r\n{"a":12}\r\n1;note=x\r\n!\r\n0\r\nTrailer: t\r\n\r\n';

const ask = ({ driver }: DamagedModem, fields: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
  driver.services.http.request({ method: "GET", url: "http://server.test/", headers: [], timeout: 60_000, ...fields });

describe.each(MODELS)("an answer that %s gets", (model) => {
  it("F02 in chunks is CONNECTION_CLOSED wherever it is cut before its last chunk", async () => {
    let length = 0;
    const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
    const modem = await damagedModem(model, await rawServer(() => chunked + CHUNKS.slice(0, length)));
    const wrong: string[] = [];
    for (; length <= CHUNKS.indexOf("0\r\n"); length += 1) {
      const end = await outcome(ask(modem));
      if (end !== "CONNECTION_CLOSED") wrong.push(`${end} at ${length}`);
    }
    expect(wrong).toEqual([]);
    length = CHUNKS.length;
    const { statusCode, body } = await ask(modem);
    expect([statusCode, body.toString()]).toEqual([200, '{"a":12}!']);
  });

  it.each([`${HELLO}\r\n`, `${HELLO}\n`, `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n\r\n`])(
    "F03 with line ends behind it is read without them: %j",
    async (raw) => {
      const modem = await damagedModem(model, await rawServer(() => raw));
      for (const fields of [{}, { verify: "always" }, { method: "POST", body: Buffer.from("x") }] as const) {
        const { statusCode, body, headers } = await ask(modem, fields);
        expect([statusCode, headers.server, body.toString()]).toEqual([200, "nginx", "hello"]);
      }
    },
  );

  it("F03 neighbour: with a line end behind a body that has twins in it is read, and verified where it can be", async () => {
    const body = "[1,1,1,1,1,1]\r\n";
    const modem = await damagedModem(model, await rawServer(() => `${HEAD}Content-Length: 15\r\n\r\n${body}\r\n`));
    expect((await ask(modem)).body.toString()).toBe(body);
  });

  it.each(["SSH-2.0-OpenSSH_9.2\r\n\r\n", "hello", "HTTP/1.1 OK\r\n\r\nhello"])(
    "F03 neighbour: whose head can't be read is never a success: %j",
    async (raw) => {
      const modem = await damagedModem(model, await rawServer(() => raw));
      expect(await outcome(ask(modem))).not.toBe("done");
    },
  );

  it("F15 HEAD gives the head alone", async () => {
    const seen: string[] = [];
    const modem = await damagedModem(
      model,
      await rawServer((request) => {
        seen.push(request.slice(0, 4));
        return `${HEAD}Content-Length: 5000\r\n\r\n`;
      }),
    );
    for (const verify of ["auto", "always"] as const) {
      const { statusCode, headers, body } = await ask(modem, { method: "HEAD", verify });
      expect([statusCode, headers["content-length"], body.length]).toEqual([200, "5000", 0]);
    }
    expect(seen).toEqual(["HEAD", "HEAD"]);
  });
});
