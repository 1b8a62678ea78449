import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../../../driver/at/channel-types";
import type { SessionsModule } from "../../../driver/life/recovery";
import type { Modem } from "../../../driver/modem";
import type { ModelDefinition, ModelDriver, ModelServices } from "../../../driver/services/model";
import { stopwatch, turns, useEventLoopClock } from "../../support/clock";
import { failure } from "../../support/failure";
import { SOON, startLife, type TestLife } from "./start-life";
import { TEST_MODEL } from "./test-model";

useEventLoopClock();

let life: TestLife;

beforeEach(async () => {
  life = await startLife();
});
afterEach(() => life.end());

/** The model whose drivers are made by `create`. */
function made(create: ModelDefinition["create"]): { models: ModelDefinition[] } {
  return { models: [{ ...TEST_MODEL, create }] };
}

describe("what only an open port needs", () => {
  const load = (): Promise<SessionsModule> => import("../../../driver/life/sessions.js");

  /** A modem for which it is there when the test says so. */
  function lateLoading(): { modem: Modem; loaded: (sessions: SessionsModule) => void } {
    let loaded: (sessions: SessionsModule) => void = () => undefined;
    const loading = new Promise<SessionsModule>((resolve) => {
      loaded = resolve;
    });
    const { modem } = life.make({}, { load: () => loading });
    return { modem, loaded };
  }

  it("is an error in words when it does not load, leaves the port closed, and is tried again", async () => {
    let attempts = 0;
    const { modem } = life.make(
      {},
      {
        load: async () => {
          attempts += 1;
          if (attempts < 3) throw new Error("Cannot find module './sessions.js'");
          expect(life.peer.connections).toBe(0);
          return load();
        },
      },
    );
    modem.open();
    while (modem.lastError === undefined) await once(modem, "state");
    expect(modem.lastError).toMatchObject({
      code: "MODEM_OFFLINE",
      message: "The driver does not load; install the package again. Node.js says: Cannot find module './sessions.js'",
      cause: {},
    });
    await modem.ready(SOON);
    expect(attempts).toBe(3);
  });

  it("fails what waits for the modem, as long as it does not load", async () => {
    const { modem } = life.make({}, { load: () => Promise.reject(new SyntaxError("Unexpected end of input")) });
    modem.open();
    const error = await failure(modem.ready({ timeout: 100 }));
    expect(error).toMatchObject({ code: "MODEM_OFFLINE", message: expect.stringContaining("Unexpected end of input") });
  });

  it("ends at once when the modem is closed while it loads, and opens no port afterwards", async () => {
    const { modem, loaded } = lateLoading();
    modem.open();
    const waiting = failure(modem.ready(SOON));
    await turns(5);
    const passed = stopwatch();
    await modem.close();
    expect(passed()).toBeLessThan(1000);
    expect(await waiting).toMatchObject({ code: "MODEM_OFFLINE", message: expect.stringContaining("was closed") });
    loaded(await load());
    await turns(50);
    expect(life.peer.connections).toBe(0);
    expect(modem.state).toBe("closed");
  });

  it("makes one connection for a modem that is closed and opened again while it loads", async () => {
    const { modem, loaded } = lateLoading();
    modem.open();
    await turns(5);
    void modem.close();
    modem.open();
    loaded(await load());
    await modem.ready(SOON);
    expect(life.peer.connections).toBe(1);
  });
});

describe("a vendor's services that are read with the first of its modems", () => {
  it("are an error in words when they do not load, and are tried again", async () => {
    let attempts = 0;
    const create = async (channel: Channel): Promise<ModelDriver<ModelServices>> => {
      attempts += 1;
      if (attempts < 3) throw new Error("Cannot find module './ublox.js'");
      return TEST_MODEL.create(channel);
    };
    const { modem } = life.make({}, made(create));
    modem.open();
    while (modem.lastError === undefined) await once(modem, "state");
    expect(modem.lastError).toMatchObject({
      code: "MODEM_OFFLINE",
      message:
        "The driver of LARA-R6 does not load; install the package again. Node.js says: Cannot find module './ublox.js'",
      cause: {},
    });
    await modem.ready(SOON);
    expect(attempts).toBe(3);
  });

  it("are disposed of when the session has ended before they were there", async () => {
    const reasons: string[] = [];
    const create = async (channel: Channel): Promise<ModelDriver<ModelServices>> => {
      // Ends with the session.
      await channel.send({ line: "AT+SLOW", label: "AT+SLOW", timeout: 60_000 }).catch(() => undefined);
      const driver = await TEST_MODEL.create(channel);
      const dispose = driver.dispose.bind(driver);
      driver.dispose = (error) => {
        reasons.push(error.message);
        dispose(error);
      };
      return driver;
    };
    const { modem, peer } = life.make({}, made(create));
    peer.replies.set("AT+SLOW", undefined);
    modem.open();
    await peer.heard("AT+SLOW");
    await peer.unplug();
    expect(await failure(modem.ready({ timeout: 200 }))).toMatchObject({ code: "MODEM_OFFLINE" });
    expect(reasons).toEqual([expect.stringMatching(/^The connection to the modem on .* was lost/)]);
  });
});
