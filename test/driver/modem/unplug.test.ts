import { createServer, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Modem } from "../../../driver/modem";
import type { HttpRequest } from "../../../driver/services/http/http";
import { openInProcess } from "../../../simulator/faces/in-process";
import { stopwatch } from "../../support/clock";
import { listen } from "../../support/listen";
import { needsTool } from "../../support/needs";
import { Pty } from "../../support/pty";
import { SETTINGS } from "../life/start-life";

const socat = needsTool("socat");
/** ms from unplugging to the failed request. */
const BAR = 2000;
const BIG = Buffer.alloc(300_000, "0123456789abcdef\r\nOK\r\n");

let seed = 0;

describe.skipIf(socat.skip).each(["LARA-R6", "BG96"])(
  `%s on a pseudo-terminal that is unplugged${socat.reason}`,
  (model) => {
    let pty: Pty;
    let modem: Modem;
    let simulated: Duplex;
    let port: number;
    let hanging: Promise<ServerResponse>;

    const request = (path: string): HttpRequest => ({
      method: "GET",
      url: `http://127.0.0.1:${port}${path}`,
      headers: [],
      timeout: 30_000,
    });

    /** Puts the simulated modem behind the pseudo-terminal. */
    async function plug(): Promise<void> {
      await pty.plug();
      pty.output.on("data", (bytes: Buffer) => simulated.write(bytes));
      const { input } = pty;
      simulated.removeAllListeners("data").on("data", (bytes: Buffer) => {
        if (input.writable) input.write(bytes);
      });
    }

    async function get(path: string) {
      const { http } = await modem.ready({ timeout: 30_000 });
      return http.request(request(path));
    }

    /** ms until the request failed with MODEM_OFFLINE. */
    async function failsAfter(work: Promise<unknown>): Promise<number> {
      const passed = stopwatch();
      await expect(work).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
      return passed();
    }

    beforeEach(async () => {
      seed += 1;
      const server = createServer();
      hanging = new Promise((resolve) => {
        server.on("request", ({ url }, response: ServerResponse) => {
          if (url === "/never") resolve(response);
          else response.end(url === "/big" ? BIG : "hello");
        });
      });
      port = await listen(server);
      pty = new Pty();
      simulated = openInProcess(`sim:${model}?seed=${7700 + seed}`);
      await plug();
      modem = new Modem({ ...SETTINGS, port: pty.path });
      modem.open();
      await modem.ready({ timeout: 30_000 });
    });

    afterEach(async () => {
      await modem.close();
      await pty.remove();
      simulated.destroy();
    });

    it("in mid-request fails it in time, and the next one works when the port is back", async () => {
      const pending = get("/never");
      pending.catch(() => {});
      const response = await hanging;
      await pty.unplug();
      expect(await failsAfter(pending)).toBeLessThan(BAR);
      response.end("too late");
      await plug();
      expect((await get("/hello")).body.toString()).toBe("hello");
    }, 90_000);

    it("while data flows fails it in time, and the next one works when the port is back", async () => {
      let flowing = 0;
      const flows = new Promise<void>((resolve) => {
        simulated.on("data", (bytes: Buffer) => {
          flowing += bytes.length;
          if (flowing > 50_000) resolve();
        });
      });
      const pending = get("/big");
      pending.catch(() => {});
      await flows;
      await pty.unplug();
      expect(await failsAfter(pending)).toBeLessThan(BAR);
      await plug();
      const next = await get("/hello");
      expect(next.body.toString()).toBe("hello");
    }, 90_000);
  },
);
