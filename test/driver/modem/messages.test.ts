import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PinMemory } from "../../../driver/cellular/pin-memory";
import { Modem } from "../../../driver/modem";
import { simulatorFor } from "../../../simulator/faces/in-process";
import { useEventLoopClock } from "../../support/clock";
import { SETTINGS } from "../life/start-life";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

let modem: Modem | undefined;
let number = 0;

afterEach(() => modem?.close());

describe.each(["LARA-R6", "BG96"])("a %s whose SIM gets short messages", (model) => {
  it.each(["RDY", "a\\r\\nRDY\\r\\nOK", "x\\r\\n\\r\\nRDY\\r\\n\\r\\nERROR"])(
    "F05 takes a message that says %j for data, as it comes and in a list",
    async (text) => {
      number += 1;
      const port = `sim:${model}?name=messages-${number}`;
      modem = new Modem({ ...SETTINGS, port }, { pins: new PinMemory() });
      modem.open();
      const simulated = simulatorFor(port);
      await modem.ready({ timeout: 20_000 });
      await modem.execute("AT+CMGF=1", { timeout: 5000 });
      await modem.execute("AT+CNMI=2,2,0,0,0", { timeout: 5000 });
      const restarts: unknown[] = [];
      modem.on("restarted", (cause) => restarts.push(cause));
      const come = once(modem, "urc");
      simulated.fault(`sms=${text}`);
      const said = text.replaceAll("\\r", "\r").replaceAll("\\n", "\n");
      expect((await come)[0]).toMatchObject({ text: expect.stringMatching(/^\+CMT: /), body: said });
      await modem.execute("AT+CNMI=2,1,0,0,0", { timeout: 5000 });
      simulated.fault(`sms=${text}`);
      const { lines } = await modem.execute('AT+CMGL="ALL"', { timeout: 5000 });
      expect(lines).toEqual([expect.stringMatching(/^\+CMGL: /), said]);
      expect(modem.state).toBe("ready");
      expect(restarts).toEqual([]);
    },
  );
});
