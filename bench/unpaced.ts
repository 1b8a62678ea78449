import { MODELS } from "../driver/models";
import { Modem } from "../driver/modem";
import type { ModelDefinition, Services } from "../driver/services/model";
import { closeInProcess, simulatorFor } from "../simulator/faces/in-process";
import { modemSettings } from "./settings";

/** ms from the port to a data connection. */
const BOOT = 30_000;

/** The known modems without the waits of real ones, of which 100 MB by commands would have more than half an hour. */
export const WITHOUT_WAITS: readonly ModelDefinition[] = MODELS.map((model) => ({
  ...model,
  dialect: { ...model.dialect, gap: 0, promptDelay: { "@": 0, ">": 0, CONNECT: 0 } },
}));

export interface Unpaced {
  readonly modem: Modem;
  readonly services: Services;
  /** Makes something go wrong, such as `reboot`. */
  fault(spec: string): void;
  close(): Promise<void>;
}

let number = 0;

/**
 * A modem in software whose line has no baud rate, opened as a config node opens it and connected.
 *
 * @param options of the `sim:` port, such as `&latency=40`
 */
export async function openUnpaced(model: string, options = ""): Promise<Unpaced> {
  number += 1;
  const port = `sim:${model}?name=unpaced-${process.pid}-${number}${options}`;
  const modem = new Modem(modemSettings(port, 115_200), { models: WITHOUT_WAITS });
  modem.open();
  const services = await modem.ready({ timeout: BOOT });
  return {
    modem,
    services,
    fault: (spec) => simulatorFor(port).fault(spec),
    async close() {
      await modem.close();
      closeInProcess(port);
    },
  };
}
