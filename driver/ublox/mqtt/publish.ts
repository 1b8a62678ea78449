import { lineTime } from "../../at/clock";
import type { Command } from "../../at/command";
import { type Field, quote } from "../../at/fields";
import { unlessRejected } from "../../cellular/commands";
import { isModemError, ModemError } from "../../errors";
import type { ErrorMeaning } from "../error-tables";
import type { UbloxFiles } from "../files/files";
import type { BrokerClient } from "../mqtt-client/client";
import { type Encoding, fastestEncoding } from "../mqtt-client/encoding";
import type { SessionLife } from "../mqtt-client/session-life";
import { capacities, type PublicationPlan } from "./plan";

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
  readonly #files: Pick<UbloxFiles, "write" | "remove">;
  #hasFiles = true;
  /** The file may be on the modem, from an earlier run, too. */
  #isStale = true;

  constructor(client: BrokerClient, files: Pick<UbloxFiles, "write" | "remove">) {
    this.#client = client;
    this.#files = files;
  }

  /** In the session's turn. */
  async publish(plan: PublicationPlan, life: SessionLife<string>): Promise<void> {
    const { model, channel } = this.#client;
    const encoding = fastestEncoding(plan.payload, capacities(model, this.#hasFiles), model, channel.bytesPerSecond);
    if (encoding === undefined) throw this.#tooLong(plan);
    if (encoding === "file") return this.#fromFile(plan, life);
    await this.#send(plan, encoding, life);
  }

  /** Deletes the file that may have been left. */
  async clear(): Promise<void> {
    if (!this.#isStale) return;
    await unlessRejected(this.#files.remove(FILE));
    this.#isStale = false;
  }

  async #fromFile(plan: PublicationPlan, life: SessionLife<string>): Promise<void> {
    this.#isStale = true;
    await this.#files.write(FILE, plan.payload);
    try {
      await this.#send(plan, "file", life);
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      this.#hasFiles = false;
      throw this.#tooLong(plan);
    } finally {
      await this.clear().catch((error: unknown) => this.#client.channel.note(`${plan.operation}: ${String(error)}`));
    }
  }

  async #send(plan: PublicationPlan, encoding: Encoding, life: SessionLife<string>): Promise<void> {
    const { operation } = plan;
    const command = this.#command(plan, encoding);
    await life.attempt({ command, operation, ops: RESULTS[encoding], otherwise: UNACKNOWLEDGED });
  }

  #command({ topic, payload, qos, retain }: PublicationPlan, encoding: Encoding): Command {
    const { timeouts } = this.#client.model;
    const { bytesPerSecond } = this.#client.channel;
    switch (encoding) {
      case "text":
      case "hex": {
        const isHex = encoding === "hex" ? 1 : 0;
        return this.#client.command(PUBLISH, [qos, retain, isHex, topic, inCommand(payload, encoding)]);
      }
      case "binary":
        return this.#client.command(PUBLISH_BINARY, [qos, retain, topic, payload.length], {
          upload: { prompt: ">", data: payload, promptTime: timeouts.clientPrompt },
          timeout: timeouts.client + timeouts.clientPrompt + lineTime(payload.length, bytesPerSecond),
        });
      case "file":
        return this.#client.command(PUBLISH_FILE, [
          qos,
          retain,
          topic,
          quote(FILE, { field: "file", max: FILE.length }),
        ]);
    }
  }

  #tooLong({ operation, payload }: PublicationPlan): ModemError {
    const { limits, name } = this.#client.model;
    const text = `the firmware of this ${name} publishes no more than ${limits.client.binary} bytes`;
    return new ModemError("INVALID_INPUT", `${operation}: payload has ${payload.length} bytes, but ${text}`);
  }
}

/** A message in the command; it may be a secret, and is not shown. */
export function inCommand(payload: Uint8Array, encoding: "text" | "hex"): Field {
  const text = Buffer.from(payload).toString(encoding === "hex" ? "hex" : "latin1");
  return quote(encoding === "hex" ? text.toUpperCase() : text, { field: "payload", max: text.length, secret: true });
}
