import { tcpFace } from "../../../simulator/faces/server";
import { type OptionValues, readOptions } from "../../../simulator/options";
import { Simulator } from "../../../simulator/simulator";
import type { Bench } from "./replay";
import { SerialClient } from "./serial-client";

/** ms on top of what the modem wants between a result or prompt and what follows. */
const MARGIN = 5;
/** Reboots are short, and characters that come too soon are lost. */
const USUAL = ["boot=20", "strict=1"];

/**
 * A modem on a TCP port of loopback, with a host on it.
 * @param options as on the command line, without the dashes: `route=httpbin.org:80=127.0.0.1:8080`
 */
export async function openBench(model: string, options: readonly string[]): Promise<Bench> {
  const simulator = new Simulator(readOptions(model, optionValues([...USUAL, ...options])));
  const face = tcpFace(simulator.line, 0);
  const address = await face.open();
  const client = await SerialClient.open(Number(address.split(":").at(-1)));
  const { commandGap, promptDelay } = simulator.modem.personality;
  return {
    client,
    commandGap: commandGap + MARGIN,
    promptGap: promptDelay + MARGIN,
    fault: (spec) => simulator.fault(spec),
    async stop() {
      client.close();
      await face.close();
      simulator.close();
    },
  };
}

function optionValues(options: readonly string[]): OptionValues {
  const values = new Map<string, string[]>();
  for (const option of options) {
    const name = option.slice(0, option.indexOf("="));
    values.set(name, [...(values.get(name) ?? []), option.slice(name.length + 1)]);
  }
  return values;
}
