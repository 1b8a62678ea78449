import type { Command } from "../../at/command";
import type { Field } from "../../at/fields";
import { ModemError } from "../../errors";
import { checkPayload, named } from "../../services/mqtt/checks";
import type { SnTopic } from "../../services/mqtt-sn/mqtt-sn";
import type { BrokerClient } from "../mqtt-client/client";
import { type Capacities, type Encoding, fastestEncoding, inCommand } from "../mqtt-client/encoding";
import { type Files, MessageFile } from "../mqtt-client/message-file";
import type { UbloxTraits } from "../traits";
import { planTopic, TOPIC_TYPE, type TopicPlan } from "./topics";

/** Publishes of +UMQTTSNC (guide 7.4; 11 is of AT facts 5.3). */
const PUBLISH = 4;
const PUBLISH_FILE = 11;

const FILE = "nr_mqttsn";

export interface SnPublicationPlan {
  readonly operation: string;
  readonly topic: TopicPlan;
  readonly payload: Uint8Array;
  /** 3 for −1 (AT facts 5.3). */
  readonly qos: number;
  readonly retain: number;
}

/** A publish on its way: its command, and the numbers by which its result may come. */
export interface SnPublish {
  readonly command: Command;
  readonly ops: readonly number[];
}

/** @throws {ModemError} `INVALID_INPUT` */
export function planSnPublication(
  message: { readonly topic: SnTopic; readonly payload: Uint8Array; readonly retain: boolean },
  qos: number,
  model: UbloxTraits,
): SnPublicationPlan {
  const topic = planTopic(message.topic, "publish", model);
  checkPayload(message.payload, model.limits.mqttSnPayload, model.name);
  const operation = named("Publishing to", topic.name);
  return { operation, topic, payload: message.payload, qos, retain: message.retain ? 1 : 0 };
}

/** Publishes messages, each by its fastest exact way. */
export class SnPublisher {
  readonly #client: BrokerClient;
  readonly #file: MessageFile;

  constructor(client: BrokerClient, files: Files) {
    this.#client = client;
    this.#file = new MessageFile(FILE, files);
  }

  /**
   * In the client's turn.
   *
   * @param topic the topic's id, or its name where it is short
   * @param send sends the command and waits for its result
   */
  async publish(plan: SnPublicationPlan, topic: Field, send: (publish: SnPublish) => Promise<unknown>): Promise<void> {
    const { model, channel } = this.#client;
    const capacities = capacitiesOf(model, this.#file.isUsable);
    const encoding = fastestEncoding(plan.payload, capacities, model, channel.bytesPerSecond);
    if (encoding === undefined) throw this.#tooLong(plan);
    const run = async (): Promise<void> => {
      await send(this.#publish(plan, topic, encoding));
    };
    if (encoding !== "file") return run();
    if (!(await this.#file.use(plan.payload, run))) throw this.#tooLong(plan);
  }

  /** Deletes the file that an earlier run may have left. */
  clear(): Promise<void> {
    return this.#file.clear();
  }

  #publish({ qos, retain, topic, payload }: SnPublicationPlan, field: Field, encoding: Encoding): SnPublish {
    const type = TOPIC_TYPE[topic.type];
    if (encoding === "text" || encoding === "hex") {
      const content = [encoding === "hex" ? 1 : 0, type, field, inCommand(payload, encoding)];
      return { command: this.#client.command(PUBLISH, [qos, retain, ...content]), ops: [PUBLISH] };
    }
    const command = this.#client.command(PUBLISH_FILE, [qos, retain, type, field, this.#file.field]);
    return { command, ops: [PUBLISH, PUBLISH_FILE] };
  }

  #tooLong({ operation, payload }: SnPublicationPlan): ModemError {
    const { limits, name } = this.#client.model;
    const text = `the firmware of this ${name} publishes no more than ${limits.client.hex} that are no plain text`;
    return new ModemError("INVALID_INPUT", `${operation}: payload has ${payload.length} bytes, but ${text}`);
  }
}

/** There is no prompt (AT facts 5.3). */
function capacitiesOf({ limits }: UbloxTraits, hasFiles: boolean): Capacities {
  const { mqttSnPayload, client } = limits;
  const most = Math.min(client.text, mqttSnPayload);
  return { text: most, hex: client.hex, ...(hasFiles && { file: mqttSnPayload }) };
}
