import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import type { HttpRequest } from "../../../../driver/services/http/http";
import { RANDOM_TIMEOUT_MS, randomRuns, runs } from "../../../support/random";
import { expectExplained } from "../bench";
import { client } from "./http-client";

describe("hostile input", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom("\r", "\n", '"', ";", "\x1a", "\x1b", "+", "A", "T", "é", "\0", ",", ":"),
      maxLength: 20,
    }),
  );

  /** One field is hostile, the others are what a flow means to send. */
  function request(field: number, text: string): HttpRequest {
    const at = (index: number, sane: string): string => (index === field ? text : sane);
    return {
      method: field % 2 === 0 ? "POST" : "PUT",
      url: at(0, `http://${at(1, "a.b")}/${at(2, "c")}`),
      headers: [[at(3, "X-Own"), at(4, "1")]],
      contentType: at(5, "text/plain"),
      auth: { user: at(6, "u"), password: at(7, "p") },
      body: Buffer.from(at(8, "body")),
      timeout: 10_000,
    };
  }

  it("never makes the modem see a command that was not meant", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    let sent = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(8), nasty, async (field, text) => {
        const { http, peer } = client();
        await http.request(request(field, text)).catch((error: unknown) => {
          expect(isModemError(error) && ["INVALID_INPUT", "NOT_SUPPORTED"].includes(error.code)).toBe(true);
          expect(peer.commands).toEqual([]);
          refused++;
        });
        sent += peer.commands.length;
        expectExplained(peer.commands);
      }),
      randomRuns(1000, 200),
    );
    expect(Math.min(sent, refused)).toBeGreaterThan(runs(1000, 200) / 20);
  });
});
