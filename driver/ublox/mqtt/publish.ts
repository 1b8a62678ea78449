import { lineTime } from "../../at/clock";
import type { Command } from "../../at/command";
import { ModemError } from "../../errors";
import type { PublicationPlan } from "../../services/mqtt/plan";
import type { ErrorMeaning } from "../error-tables";
import type { BrokerClient } from "../mqtt-client/client";
import { type Encoding, fastestEncoding, inCommand } from "../mqtt-client/encoding";
import { type Files, MessageFile } from "../mqtt-client/message-file";
import type { SessionLife } from "../mqtt-client/session-life";
import { capacities } from "./plan";

/** Publishes of +UMQTTC (guide 6.3 to 6.5; 3 is of AT facts 5.2). */
const PUBLISH = 2;
const PUBLISH_FILE = 3;
const PUBLISH_BINARY = 9;
/** Numbers by which the result may come: the guide prints 2 for 9. */
const RESULTS: Readonly<Record<Encoding, readonly number[]>> = {
  text: [PUBLISH],
  hex: [PUBLISH],
  binary: [PUBLISH, PUBLISH_BINARY],
  file: [PUBLISH, PUBLISH_FILE],
};

const FILE = "nr_mqtt";

/** It may have been sent all the same. */
const UNACKNOWLEDGED: ErrorMeaning = { code: "MODEM_TIMEOUT", text: "the broker did not acknowledge it" };

/** Publishes messages, each by its fastest exact way. */
export class Publisher {
  readonly #client: BrokerClient;
  readonly #file: MessageFile;

  constructor(client: BrokerClient, files: Files) {
    this.#client = client;
    this.#file = new MessageFile(FILE, files);
  }

  /** In the session's turn. */
  async publish(plan: PublicationPlan, life: SessionLife<string>): Promise<void> {
    const { model, channel } = this.#client;
    const encoding = fastestEncoding(
      plan.payload,
      capacities(model, this.#file.isUsable),
      model,
      channel.bytesPerSecond,
    );
    if (encoding === undefined) throw this.#tooLong(plan);
    const send = (): Promise<void> => this.#send(plan, encoding, life);
    if (encoding !== "file") return send();
    if (!(await this.#file.use(plan.payload, send))) throw this.#tooLong(plan);
  }

  /** Deletes the file that an earlier run may have left. */
  clear(): Promise<void> {
    return this.#file.clear();
  }

  async #send(plan: PublicationPlan, encoding: Encoding, life: SessionLife<string>): Promise<void> {
    const { operation } = plan;
    const command = this.#command(plan, encoding, life);
    await life.attempt({ command, operation, ops: RESULTS[encoding], otherwise: UNACKNOWLEDGED });
  }

  #command(
    { topic, payload, qos, retain }: PublicationPlan,
    encoding: Encoding,
    { pings }: SessionLife<string>,
  ): Command {
    const { timeouts } = this.#client.model;
    const late = pings ? timeouts.clientPrompt : 0;
    const { bytesPerSecond } = this.#client.channel;
    switch (encoding) {
      case "text":
      case "hex": {
        const isHex = encoding === "hex" ? 1 : 0;
        return this.#client.command(PUBLISH, [qos, retain, isHex, topic, inCommand(payload, encoding)]);
      }
      case "binary":
        return this.#client.command(PUBLISH_BINARY, [qos, retain, topic, payload.length], {
          upload: { prompt: ">", data: payload, ...(pings && { promptTime: late }) },
          timeout: timeouts.client + late + lineTime(payload.length, bytesPerSecond),
        });
      case "file":
        return this.#client.command(PUBLISH_FILE, [qos, retain, topic, this.#file.field]);
    }
  }

  #tooLong({ operation, payload }: PublicationPlan): ModemError {
    const { limits, name } = this.#client.model;
    const text = `the firmware of this ${name} publishes no more than ${limits.client.binary} bytes`;
    return new ModemError("INVALID_INPUT", `${operation}: payload has ${payload.length} bytes, but ${text}`);
  }
}
