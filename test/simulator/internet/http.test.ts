import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:tls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerReader } from "../../../simulator/internet/http/answer";
import { exchange } from "../../../simulator/internet/http/http";
import type { HttpExchange } from "../../../simulator/internet/http/types";
import { createInternet } from "../../../simulator/internet/real-internet";
import type { TlsSettings } from "../../../simulator/internet/tls/types";
import { listen } from "../../support/listen";
import { TLS_FIXTURES } from "../../support/paths";
import { answering, closedPort, tcpServer } from "./servers";

const internet = createInternet({ routes: [], latency: 0, random: () => 0.5 });

function fixture(name: string): Buffer {
  return readFileSync(join(TLS_FIXTURES, name));
}

const UNCHECKED: TlsSettings = {
  versions: { min: "TLSv1.2", max: "TLSv1.3" },
  verify: { chain: false, dates: false },
  trusted: [],
};

function get(port: number, more: Partial<HttpExchange> = {}): HttpExchange {
  return {
    host: "127.0.0.1",
    port,
    request: Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    headOnly: false,
    timeout: 5000,
    signal: new AbortController().signal,
    ...more,
  };
}

function read(answer: Buffer | string, headOnly = false) {
  const reader = new AnswerReader(headOnly);
  reader.push(Buffer.from(answer));
  if (!reader.complete) reader.end();
  return reader.answer();
}

describe("exchange", () => {
  it("sends the request as it is and gives back header and body", async () => {
    let seen = "";
    const port = await tcpServer((socket) => {
      socket.on("data", (bytes) => {
        seen += bytes.toString("latin1");
        socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX: y\r\n\r\nhello");
      });
    });
    const answer = await exchange(get(port), internet);
    expect(seen).toBe("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(answer.statusCode).toBe(404);
    expect(answer.head.toString()).toBe("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX: y\r\n\r\n");
    expect(answer.body.toString()).toBe("hello");
    expect(answer.contentLength).toBe(5);
  });

  it("reads a body without a length until the server closes", async () => {
    const port = await answering(["HTTP/1.0 200 OK\r\n\r\n", "all ", "of it"]);
    const answer = await exchange(get(port), internet);
    expect(answer.body.toString()).toBe("all of it");
    expect(answer.contentLength).toBeUndefined();
  });

  it("carries 8 MB with all byte values in time linear to the size", async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
    const port = await answering([`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, body]);
    const start = performance.now();
    const answer = await exchange(get(port), internet);
    expect(answer.body.equals(body)).toBe(true);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("speaks TLS when asked to", async () => {
    const certificate = fixture("loopback.cert.pem");
    const server = createServer({ key: fixture("loopback.key.pem"), cert: certificate }, (socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\nsecret"));
    });
    const port = await listen(server);
    expect((await exchange(get(port, { tls: UNCHECKED }), internet)).body.toString()).toBe("secret");
  });

  it("reports a handshake that fails", async () => {
    const port = await answering(["what?"]);
    await expect(exchange(get(port, { tls: UNCHECKED }), internet)).rejects.toMatchObject({ failure: "tls" });
  });

  it("reports a name that does not exist as a DNS failure", async () => {
    const wish = get(80, { host: "no-such-host.invalid" });
    await expect(exchange(wish, internet)).rejects.toMatchObject({ failure: "dns" });
  });

  it("tries the next address of a name when the first refuses", async () => {
    const port = await answering(["HTTP/1.1 200 OK\r\n\r\nhere"]);
    const twoAddresses = { ...internet, lookup: () => Promise.resolve(["127.0.0.2", "127.0.0.1"]) };
    expect((await exchange(get(port, { host: "two.test" }), twoAddresses)).body.toString()).toBe("here");
  });

  it("reports a refused connection", async () => {
    const port = await closedPort();
    await expect(exchange(get(port), internet)).rejects.toMatchObject({ failure: "connect" });
  });

  it("reports a server that closes before the body is complete", async () => {
    const port = await answering(["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"]);
    await expect(exchange(get(port), internet)).rejects.toMatchObject({ failure: "closed" });
  });

  it("reports a server that closes without a word", async () => {
    const port = await answering([]);
    await expect(exchange(get(port), internet)).rejects.toMatchObject({ failure: "closed" });
  });

  it("reports a reset connection", async () => {
    const port = await tcpServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    await expect(exchange(get(port), internet)).rejects.toMatchObject({ failure: "reset" });
  });

  it("reports a server that stays silent for the timeout", async () => {
    const port = await tcpServer(() => undefined);
    await expect(exchange(get(port, { timeout: 50 }), internet)).rejects.toMatchObject({ failure: "timeout" });
  });

  it("ends at once when the modem is switched off", async () => {
    const power = new AbortController();
    const port = await tcpServer((socket) => socket.once("data", () => power.abort()));
    await expect(exchange(get(port, { signal: power.signal }), internet)).rejects.toMatchObject({ failure: "closed" });
  });
});

describe("AnswerReader", () => {
  it.each([
    ["counted", "content-length:  11\r\n\r\nhello worldEXTRA"],
    ["until close", "Content-Length: eleven\r\n\r\nhello world"],
  ])("takes a %s body", (_, rest) => {
    expect(read(`HTTP/1.1 200 OK\r\n${rest}`).body.toString()).toBe("hello world");
  });

  it.each([
    ["whole", "5\r\nhello\r\n6;name=value\r\n world\r\n0\r\n\r\n"],
    ["with a trailer", "0b\r\nhello world\r\n0\r\nX-Sum: 1\r\n\r\n"],
    ["with bare line feeds", "B\nhello world\n0\n\n"],
    ["without the last blank line", "B \r\nhello world\r\n0\r\n"],
    ["empty", "0\r\n\r\n"],
    ["cut within a size", "B"],
    ["cut within a chunk", "B\r\nhello"],
    ["cut behind a chunk", "B\r\nhello world\r\n"],
    ["cut before it", ""],
    ["without a size", "xyz\r\nhello\r\n"],
  ])("F02 leaves a body in chunks as it came: %s", (_, body) => {
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n";
    expect(read(`${head}${body}`).body.toString()).toBe(body);
  });

  it("finds the end of a body in chunks before the server hangs up", () => {
    const reader = new AnswerReader(false);
    reader.push(Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nmore"));
    expect([reader.complete, reader.answer().body.toString()]).toEqual([true, "1\r\na\r\n0\r\n\r\n"]);
  });

  it.each([204, 304])("expects no body after %i", (status) => {
    const answer = read(`HTTP/1.1 ${status} X\r\nContent-Length: 9\r\n\r\n`);
    expect(answer.body).toHaveLength(0);
    expect(answer.contentLength).toBe(9);
  });

  it("expects no body after HEAD", () => {
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true).contentLength).toBe(9);
  });

  it("drops interim answers", () => {
    const answer = read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    expect(answer.statusCode).toBe(201);
    expect(answer.head.toString()).toBe("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  });

  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH\r\n"],
    ["a header cut short", "HTTP/1.1 200 OK\r\nContent"],
    ["an endless header", `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(100_000)}`],
  ])("refuses %s", (_, text) => {
    expect(() => read(text)).toThrowError(expect.objectContaining({ failure: "closed" }));
  });

  it("gives the same answer however the bytes are cut", () => {
    const wire = Buffer.from(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\r\n\r\n4\r\n0\r\n\r\r\n0\r\n\r\n",
    );
    const whole = read(wire);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: wire.length }), (sizes) => {
        const reader = new AnswerReader(false);
        let at = 0;
        for (const size of sizes) {
          reader.push(wire.subarray(at, at + size));
          at += size;
        }
        expect(reader.complete).toBe(true);
        expect(reader.answer()).toEqual(whole);
      }),
    );
  });
});
