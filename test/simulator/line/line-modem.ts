import { Duplex, PassThrough } from "node:stream";
import { commonCommands } from "../../../simulator/cellular/commands";
import { StreamHost } from "../../../simulator/faces/stream-host";
import { FileStorage } from "../../../simulator/file-storage";
import { createNetwork } from "../../../simulator/internet/real-network";
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
  readonly terminal: CommandInterpreter;
}

export function lineModem(
  commands: readonly CommandDefinition[] = [],
  options: { readonly strict?: boolean; readonly baud?: number; readonly settings?: Record<string, string> } = {},
): LineModem {
  const values = new Map(Object.entries(options.settings ?? {}).map(([name, value]) => [name, [value]]));
  const { modem: identity, subscription } = readOptions("LARA-R6", values);
  const personality = { ...plain, commands };
  const network = createNetwork({ routes: [], latency: identity.latency, random: () => 0.5 });
  const modem = new SimulatedModem({
    personality,
    options: identity,
    network,
    subscription,
    storage: new FileStorage(),
  });
  const line = new SerialLine(options.baud ?? 0);
  const terminal = new CommandInterpreter(
    modem,
    new CommandTable([...commands, ...commonCommands]),
    line,
    options.strict ?? false,
  );
  line.connectModem({
    receive: (bytes, arrival) => terminal.receive(bytes, arrival),
    hangUp: () => terminal.hangUp(),
  });
  const client = anotherHost(line);
  modem.start({
    urc: (parts) => terminal.urc(parts),
    push: (parts) => terminal.push(parts),
    noise: (bytes) => terminal.noise(bytes),
    stop: () => terminal.stop(),
    start: () => terminal.start(),
  });
  return { modem, client, line, terminal };
}

/** Whoever opens the port next. */
export function anotherHost(line: SerialLine): AtClient {
  const [toModem, toHost] = [new PassThrough(), new PassThrough()];
  const host = Duplex.from({ writable: toModem, readable: toHost });
  new StreamHost(line, toModem, toHost, () => host.destroy());
  return new AtClient(host);
}
