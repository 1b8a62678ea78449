import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { AtChannel } from "../../../driver/at/channel/channel";
import { BG96 } from "../../../driver/quectel/bg96";
import type { ModelDefinition, ModelDriver, Services } from "../../../driver/services/model";
import { SimulatedTransport } from "../../../driver/transport/simulated";
import { LARA_R6 } from "../../../driver/ublox/lara-r6";
import { DamagedLine } from "../../support/damage";
import { listen } from "../../support/listen";

export const MODELS = ["LARA-R6", "BG96"] as const;
export type Model = (typeof MODELS)[number];

/** What all of them have. */
export type SharedServices = Omit<Services, "mqttSn">;

const DEFINITIONS: Readonly<Record<Model, ModelDefinition<SharedServices>>> = { "LARA-R6": LARA_R6, BG96 };

/** A driver on a simulated modem, with a line between them that can be damaged. */
export interface DamagedModem {
  readonly driver: ModelDriver<SharedServices>;
  readonly channel: AtChannel;
  readonly line: DamagedLine;
}

/** Starts one whose network leads every port of `server.test` to `port` here; it ends with the test. */
export async function damagedModem(model: Model, port: number, options = ""): Promise<DamagedModem> {
  const transport = new SimulatedTransport(`sim:${model}?route=server.test:*=127.0.0.1:${port}${options}`);
  const line = new DamagedLine(transport);
  const channel = new AtChannel(line);
  await line.open();
  channel.useDialect(DEFINITIONS[model].dialect);
  const driver = await DEFINITIONS[model].create(channel);
  onTestFinished(() => line.close());
  onTestFinished(() => driver.dispose(new Error("closed")));
  await driver.initialise();
  await driver.services.packetData.define({ cid: 1, apn: "a.test", pdpType: "IPV4V6", authType: "none" });
  await driver.services.packetData.activate(1);
  return { driver, channel, line };
}

/** A server that answers every request with these bytes and closes; gives its port. */
export function rawServer(answer: (request: string, socket: Socket) => Uint8Array | string): Promise<number> {
  return listen(
    createServer((socket) => {
      let received = "";
      socket.on("data", (bytes) => {
        received += bytes.toString("latin1");
        if (/\r\n\r\n/.test(received)) socket.end(answer(received, socket));
      });
    }),
  );
}
