import { type Field, integer, quote } from "../../at/fields";
import { ModemError } from "../../errors";
import { checkFilter, checkTopic, isWildcard } from "../../services/mqtt/checks";
import { text } from "../../services/mqtt/plan";
import type { SnTopic } from "../../services/mqtt-sn/mqtt-sn";
import type { UbloxTraits } from "../traits";

/** As the commands number them (guide 7.3 to 7.7; 1 is of AT facts 5.3). */
export const TOPIC_TYPE = { normal: 0, predefined: 1, short: 2 } as const;

const MAX_ID = 65_535;
const SHORT = 2;

/** A topic as a command takes it. */
export interface TopicPlan {
  readonly type: SnTopic["type"];
  /** Of a normal topic its name, which no publish takes: there it goes by its id. */
  readonly field: Field;
  /** For messages, and of a normal topic what its id is kept by. */
  readonly name: string;
  readonly isWildcard: boolean;
}

/** @throws {ModemError} `INVALID_INPUT` */
export function planTopic(topic: SnTopic, purpose: "publish" | "subscribe", { limits }: UbloxTraits): TopicPlan {
  const max = limits.mqttSnTopic;
  switch (topic.type) {
    case "normal": {
      if (!("name" in topic))
        throw new ModemError("INVALID_INPUT", "topic: the id of a normal topic is the gateway's own; give its name");
      const { name } = topic;
      if (purpose === "publish") checkTopic(name, { field: "topic", max });
      else checkFilter(name, { field: "topic", max });
      return { type: "normal", field: text(name, "topic", max), name, isWildcard: isWildcard(name) };
    }
    case "predefined":
      return { type: "predefined", field: idField(topic.id), name: String(topic.id), isWildcard: false };
    case "short": {
      const { name } = topic;
      // Its two bytes stand where else the id does (MQTT-SN 1.2, 5.3.11).
      if (name.length !== SHORT) throw new ModemError("INVALID_INPUT", "topic: a short one has two characters");
      checkTopic(name, { field: "topic" });
      return { type: "short", field: quote(name, { field: "topic", max: SHORT }), name, isWildcard: false };
    }
  }
}

export function idField(id: number): Field {
  const digits = String(integer(id, { field: "topicId", min: 1, max: MAX_ID }));
  return quote(digits, { field: "topicId", max: digits.length });
}

export function isTopicId(id: number): boolean {
  return Number.isSafeInteger(id) && id >= 1 && id <= MAX_ID;
}

/** The ids of a session's normal topics, which end with it (AT facts 5.3). */
export class TopicIds {
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();

  id(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** Undefined for one that the gateway gave without a word to anybody, as it does with wildcards. */
  name(id: number): string | undefined {
    return this.#names.get(id);
  }

  keep(name: string, id: number): void {
    this.#ids.set(name, id);
    this.#names.set(id, name);
  }

  /** The gateway does not know it any more. */
  forget(name: string): void {
    const id = this.#ids.get(name);
    this.#ids.delete(name);
    if (id !== undefined) this.#names.delete(id);
  }
}
