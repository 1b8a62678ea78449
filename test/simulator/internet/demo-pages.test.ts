import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { ownInternet } from "../../../simulator/internet/own-internet";
import { longestTurn } from "../../nodes/support/event-loop";

const HOST = { address: "192.0.2.80", port: 80 };
const LIMIT_MS = 50;
const TRIES = 4;

/** What comes for these bytes until the server ends the connection. */
async function answerTo(bytes: string): Promise<string> {
  const socket = (await ownInternet(HOST.address))?.connect(HOST);
  if (socket === undefined) throw new Error("there is no such host");
  let text = "";
  socket.on("data", (part: Buffer) => {
    text += part.toString("latin1");
  });
  socket.write(Buffer.from(bytes, "latin1"));
  await once(socket, "end");
  socket.destroy();
  return text;
}

const get = (path: string, ...fields: readonly string[]) =>
  answerTo([`GET ${path} HTTP/1.1`, "Host: demo.example", "Connection: close", ...fields, "", ""].join("\r\n"));

describe("F41 neighbour: demo.example answers other people's clients:", () => {
  it.each([
    ["what is no HTTP", "\0\xff garbage\r\n\r\n", "400"],
    ["a request without a host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "400"],
    ["a head that is too long", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(30_000)}\r\n\r\n`, "431"],
  ])("%s", async (_what, bytes, status) => {
    expect(await answerTo(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it.each(["HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close", "GET /hello HTTP/1.0"])(
    "how long: %s",
    async (head) => {
      expect(await answerTo(`${head}\r\n\r\n`)).toMatch(/\r\ncontent-length: 40\r\n/i);
    },
  );

  it("no length where there is no content", async () => {
    expect(await get("/status/204")).not.toMatch(/content-length/i);
  });

  it.each(["Basic", "basic", "BASIC "])("credentials of the scheme %j", async (scheme) => {
    expect(await get("/basic-auth", `Authorization: ${scheme} ZGVtbzpkZW1v`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("the most rows without a long turn of the event loop", async () => {
    let best = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && best >= LIMIT_MS; tries += 1) {
      best = Math.min(best, await longestTurn(() => undefined, get("/files/readings.csv?rows=100000")));
    }
    expect(best).toBeLessThan(LIMIT_MS);
  });
});
