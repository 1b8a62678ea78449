import { onTestFinished } from "vitest";
import { PinMemory } from "../../../driver/cellular/pin-memory";
import type { Timing } from "../../../driver/life/timing";
import { Modem } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import type { HttpRequest } from "../../../driver/services/http/http";
import type { Services } from "../../../driver/services/model";
import { closeInProcess, simulatorFor } from "../../../simulator/faces/in-process";
import { SETTINGS } from "../life/start-life";
import { expectExplained, expectScenario, type Model, type Way } from "./printed";
import { Wire } from "./wire";

/** Reboots are short; the rest of the driver's patience is the real one. */
const TIMING: Partial<Timing> = { rebootSettle: 50 };
/** Characters that come too soon after a result or prompt are lost. */
const SIMULATOR = ["boot=20", "strict=1"];

let number = 0;

/** A job that a flow gives a modem, seen from both ends: the driver's public face and the wire. */
export interface Job {
  readonly modem: Modem;
  readonly services: Services;
  readonly wire: Wire;
  /** Makes something go wrong on the modem. */
  fault(spec: string): void;
  /** The scenario's commands were sent, and no other that nothing explains. */
  followed(id: string, way?: Way): void;
}

/** Brings a modem of its own up for the test. */
export async function startJob(
  model: Model,
  options: readonly string[] = [],
  settings: Partial<ModemSettings> = {},
): Promise<Job> {
  number += 1;
  const port = `sim:${model}?${[...SIMULATOR, ...options, `name=job${number}`].join("&")}`;
  const wire = new Wire();
  const modem = new Modem({ ...SETTINGS, port, ...settings }, { pins: new PinMemory(), timing: TIMING });
  onTestFinished(async () => {
    await modem.close();
    closeInProcess(port);
    wire.restore();
  });
  modem.open();
  const services = await modem.ready({ timeout: 20_000 });
  return {
    modem,
    services,
    wire,
    fault: (spec) => simulatorFor(port).fault(spec),
    followed(id, way) {
      expectScenario(model, id, wire.lines, way);
      expectExplained(model, wire.lines);
    },
  };
}

/** A request with what the flow author leaves to its defaults. */
export function http(method: HttpRequest["method"], url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method, url, headers: [], timeout: 80_000, ...more };
}
