import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PinMemory } from "../../driver/cellular/pin-memory";
import { MODELS } from "../../driver/models";
import { Modem } from "../../driver/modem";
import { guessModem } from "../../driver/transport/discovery";
import { SETTINGS } from "../driver/life/start-life";
import { TOY_ONE } from "./toy/toy-one";
import { ToyPeer } from "./toy/toy-peer";

const SOON = { timeout: 10_000 };

describe("a modem of a vendor that the package does not know, by its line in the table of models", () => {
  let peer: ToyPeer;
  let modem: Modem;

  beforeEach(async () => {
    peer = new ToyPeer();
    const port = await peer.listen();
    modem = new Modem({ ...SETTINGS, port }, { models: [...MODELS, TOY_ONE], pins: new PinMemory() });
    modem.open();
  });
  afterEach(async () => {
    await modem.close();
    await peer.close();
  });

  it("is recognised, registered and connected", async () => {
    await modem.ready(SOON);
    expect(modem.identity).toMatchObject({ manufacturer: "Toys", model: "TOY-1" });
    expect(await modem.status()).toMatchObject({ active: true, operator: "Toy Net", registration: "home" });
  });

  it("carries an HTTP request", async () => {
    peer.pages.set("http://toy.example/", "built in a day");
    const { http } = await modem.ready(SOON);
    const get = { method: "GET", headers: [], timeout: 2000 } as const;
    const response = await http.request({ ...get, url: "http://toy.example/" });
    expect(response).toMatchObject({ statusCode: 200, body: Buffer.from("built in a day") });
    expect(await http.request({ ...get, url: "http://toy.example/other" })).toMatchObject({ statusCode: 404 });
  });

  it.each([
    ["sockets", "TOY-1 has no sockets"],
    ["security", "TOY-1 has no TLS"],
    ["files", "TOY-1 has no files"],
    ["diagnostics", "TOY-1 has no ping and DNS lookup"],
  ] as const)("lacks %s, which is NOT_SUPPORTED", async (service, reason) => {
    const services = await modem.ready(SOON);
    expect(() => services[service]).toThrow(
      expect.objectContaining({ code: "NOT_SUPPORTED", message: expect.stringContaining(reason) }),
    );
  });

  it("resets the services that forget, once for each time it is set up", async () => {
    const { http } = await modem.ready(SOON);
    expect(http).toMatchObject({ resets: 1 });
  });

  it("brings what its raw commands need", async () => {
    const told: string[] = [];
    modem.on("trace", ({ text }) => told.push(text));
    await modem.lineReady(SOON);
    await modem.execute('AT+TOYKEY="secret"', SOON).catch(() => undefined);
    expect(told.join("\n")).toContain("AT+TOYKEY=***");
    expect(told.join("\n")).not.toContain("secret");
    const upload = modem.execute("AT+TOYPUT=4", { ...SOON, data: Buffer.from("abc") });
    await expect(upload).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  it("is found by its USB ids, and may be set by hand", () => {
    expect(guessModem([TOY_ONE], "f00d", "0001")).toBe("TOY-1");
    expect(guessModem([TOY_ONE], "f00d", "0002")).toBe("Toys");
    const set = (model: string) => () => new Modem({ ...SETTINGS, port: "COM9", model }, { models: [TOY_ONE] });
    expect(set("TOY-1")).not.toThrow();
    expect(set("LARA-R6")).toThrow(/^model must be one of auto, TOY-1/);
  });
});
