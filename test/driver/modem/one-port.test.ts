import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Modem } from "../../../driver/modem";
import { DEFAULT_SETTINGS } from "../../../driver/settings";
import { listen } from "../../support/listen";

const modems: Modem[] = [];

function open(port: string, called: string): Modem {
  const modem = new Modem({ ...DEFAULT_SETTINGS, port }, { called });
  modems.push(modem);
  modem.open();
  return modem;
}

/** Resolves with the sentence of the modem's first failure. */
function failure(modem: Modem): Promise<{ code: string; message: string }> {
  return new Promise((resolve) => {
    modem.on("state", (_state, error) => {
      if (error !== undefined) resolve(error);
    });
  });
}

describe("F38 two modems at one port", () => {
  let server: Server;
  let port: number;
  let folder: string;
  const clients: Socket[] = [];

  beforeEach(async () => {
    // As ser2net: the newest client is the only one.
    server = createServer((client) => {
      client.on("error", () => {});
      for (const old of clients.splice(0)) old.destroy();
      clients.push(client);
    });
    port = await listen(server);
    folder = mkdtempSync(join(tmpdir(), "modem-port-"));
  });
  afterEach(async () => {
    await Promise.all(modems.splice(0).map((modem) => modem.close()));
    for (const client of clients.splice(0)) client.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["the same text", (at: number) => `tcp://127.0.0.1:${at}`],
    ["a name for the address", (at: number) => `tcp://localhost:${at}`],
    ["another case and a slash", (at: number) => `TCP://127.0.0.1:${at}/`],
  ])("F38 one has the tcp:// port, the other names it: %s", async (_what, text) => {
    open(`tcp://127.0.0.1:${port}`, "Pump station");
    await expect.poll(() => clients.length).toBe(1);
    const [first] = clients;
    const error = await failure(open(text(port), "Spare"));
    expect(error).toMatchObject({ code: "MODEM_OFFLINE" });
    expect(error.message).toContain("in use");
    expect(error.message).toContain("by modem Pump station");
    expect(clients).toEqual([first]);
    expect(first?.destroyed).toBe(false);
  });

  it("F38 neighbour: serial paths that are links to one device", async () => {
    const [one, other] = [join(folder, "by-id"), join(folder, "by-path")];
    // A terminal that everyone may look at and that no modem is at: what matters is who may try.
    for (const link of [one, other]) symlinkSync("/dev/ptmx", link);
    const first = open(one, "Pump station");
    while (first.state !== "synchronising") await once(first, "state");
    const error = await failure(open(other, "Spare"));
    expect(error.message).toBe(
      `Port ${other} is in use as ${one} by modem Pump station. Choose that modem in the nodes, or give this one a port of its own.`,
    );
  });

  it("F38 neighbour: a simulated modem", async () => {
    const first = open("sim:LARA-R6?name=shared", "Pump station");
    while (first.state === "closed" || first.state === "opening") await once(first, "state");
    const error = await failure(open("sim:LARA-R6?name=shared", "Spare"));
    expect(error.message).toMatch(/^Port sim:LARA-R6 is in use by modem Pump station\./);
  });

  it("F38 neighbour: the port is free when the first modem is closed", async () => {
    const first = open(`tcp://127.0.0.1:${port}`, "Pump station");
    await expect.poll(() => clients.length).toBe(1);
    await first.close();
    const before = clients[0];
    open(`tcp://127.0.0.1:${port}`, "Spare");
    await expect.poll(() => clients.length === 1 && clients[0] !== before).toBe(true);
  });
});
