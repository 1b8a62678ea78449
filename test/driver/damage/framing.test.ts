import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../support/clock";
import { outcome } from "../../support/failure";
import { damagedModem, MODELS, rawServer } from "./modem";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const CHUNKS = "5\r\nhello\r\n0\r\n\r\n";

describe.each(MODELS)("I10 an answer of a server with a length and chunks on %s", (model) => {
  it.each([
    ["Content-Length: 5\r\nTransfer-Encoding: chunked", CHUNKS, "hello"],
    ["Transfer-Encoding: chunked\r\nContent-Length: 5000", CHUNKS, "hello"],
    ["Content-Length: 5\r\nContent-Length: 7", "hello12", "PROTOCOL_ERROR"],
    ["Content-Length: five", "hello", "PROTOCOL_ERROR"],
  ])("I10 neighbour: %j", async (fields, body, right) => {
    const port = await rawServer(() => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${body}`);
    const { driver } = await damagedModem(model, port);
    const work = driver.services.http
      .request({ method: "GET", url: "http://server.test/", headers: [], timeout: 60_000 })
      .then(({ body: bytes }) => bytes.toString());
    const end = await Promise.all([outcome(work), work.catch(() => "")]);
    expect(end).toContain(right);
  });
});
