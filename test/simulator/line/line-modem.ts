import { Duplex, PassThrough } from "node:stream";
import { commonCommands } from "../../../simulator/cellular/commands";
import { StreamHost } from "../../../simulator/faces/stream-host";
import { FileStorage } from "../../../simulator/file-storage";
import { createInternet } from "../../../simulator/internet/real-internet";
import type { CommandDefinition } from "../../../simulator/line/command";
import { CommandInterpreter } from "../../../simulator/line/command-interpreter";
import { CommandTable } from "../../../simulator/line/dispatch";
import { SerialLine } from "../../../simulator/line/serial-line";
import type { Modem } from "../../../simulator/modem";
import { SimulatedModem } from "../../../simulator/modem-core";
import { readOptions } from "../../../simulator/options";
import type { Personality } from "../../../simulator/personality";
import { AtClient } from "../../support/at-client";

const plain: Personality = {
  name: "LARA-R6",
  manufacturer: "Test",
  model: "Line",
  revision: "1",
  bootLines: [
    { text: "RDY", delay: 0 },
    { text: "APP RDY", delay: 5 },
  ],
  bootTime: 20,
  errorTexts: new Map([[700, "own words"]]),
  maxLine: 200,
  commandGap: 20,
  promptDelay: 50,
  commands: [],
};

/** A modem with commands of a test's own, and a client on its line. */
export interface LineModem {
  readonly modem: Modem;
  readonly client: AtClient;
  readonly line: SerialLine;
  readonly interpreter: CommandInterpreter;
}

export function lineModem(
  commands: readonly CommandDefinition[] = [],
  options: { readonly strict?: boolean; readonly baud?: number; readonly settings?: Record<string, string> } = {},
): LineModem {
  const values = new Map(Object.entries(options.settings ?? {}).map(([name, value]) => [name, [value]]));
  const { modem: identity, subscription } = readOptions("LARA-R6", values);
  const personality = { ...plain, commands };
  const internet = createInternet({ routes: [], latency: identity.latency, random: () => 0.5 });
  const modem = new SimulatedModem({
    personality,
    options: identity,
    internet,
    subscription,
    storage: new FileStorage(),
  });
  const line = new SerialLine(options.baud ?? 0);
  const interpreter = new CommandInterpreter(
    modem,
    new CommandTable([...commands, ...commonCommands]),
    line,
    options.strict ?? false,
  );
  line.connectModem({
    receive: (bytes, arrival) => interpreter.receive(bytes, arrival),
    hangUp: () => interpreter.hangUp(),
  });
  const client = anotherHost(line);
  modem.start({
    urc: (parts) => interpreter.urc(parts),
    push: (parts) => interpreter.push(parts),
    noise: (bytes) => interpreter.noise(bytes),
    stop: () => interpreter.stop(),
    start: () => interpreter.start(),
  });
  return { modem, client, line, interpreter };
}

/** Whoever opens the port next. */
export function anotherHost(line: SerialLine): AtClient {
  const [toModem, toHost] = [new PassThrough(), new PassThrough()];
  const host = Duplex.from({ writable: toModem, readable: toHost });
  new StreamHost(line, toModem, toHost, () => host.destroy());
  return new AtClient(host);
}
