import { ModemError } from "../../driver/errors";
import type { Services } from "../../driver/services/model";
import { optionalChoice, optionalInteger, optionalNumber } from "../common/message/input";
import { modemReady } from "../common/modem-ready";
import { Outbox, type OutboxDepth } from "../common/outbox/outbox";
import { OutboxSender } from "../common/outbox/sender";
import { finalError } from "../common/outbox/verdict";
import type { ObservableModem } from "../common/types";
import type { Answered, Asked } from "./redirects";
import { HTTP_OUTBOX_PLACES, HTTP_OUTBOX_RANGES, type ModemHttpProperties } from "./types";

/** A request as the outbox keeps it. */
export interface KeptRequest extends Omit<Asked, "body" | "auth"> {
  /** Base64 */
  readonly body?: string;
  /** Only of a URL; that of the node is looked up when the request is sent, and in no file. */
  readonly auth?: Asked["auth"];
}

export interface OutboxSettings {
  readonly place: "memory" | "disk";
  readonly limit: number;
  /** s; 0 keeps for ever. */
  readonly age: number;
}

/** undefined where the node has none. @throws {ModemError} `INVALID_INPUT` naming the field */
export function outboxSettings({ outbox, outboxLimit, outboxAge }: ModemHttpProperties): OutboxSettings | undefined {
  const place = optionalChoice(outbox, "outbox", HTTP_OUTBOX_PLACES) ?? "off";
  const limit = optionalInteger(outboxLimit, "outboxLimit", HTTP_OUTBOX_RANGES.limit) ?? 10_000;
  const age = optionalNumber(outboxAge, "outboxAge", HTTP_OUTBOX_RANGES.age) ?? 0;
  return place === "off" ? undefined : { place, limit, age };
}

export interface HttpOutboxParts {
  readonly settings: OutboxSettings;
  /** The file; undefined where there is no place for one. */
  readonly path: string | undefined;
  readonly modem: ObservableModem;
  request(services: Services, kept: KeptRequest, signal: AbortSignal): Promise<Answered>;
  /** The depth is another. */
  onChange(): void;
  /** Of a request from before a restart, and of the file. */
  onError(error: Error): void;
}

/** Requests that wait, in order, until a server has answered them. */
export class HttpOutbox {
  readonly #outbox: Outbox<KeptRequest, Answered>;
  readonly #sender: OutboxSender<KeptRequest, Answered>;
  readonly #age: number;
  readonly #isOnDisk: boolean;

  constructor({ settings, path, modem, request, onChange, onError }: HttpOutboxParts) {
    this.#age = settings.age;
    this.#isOnDisk = settings.place === "disk" && path !== undefined;
    this.#outbox = new Outbox<KeptRequest, Answered>({
      ...(this.#isOnDisk && { path: path as string }),
      limit: settings.limit,
      onChange,
      onWarning: onError,
    });
    this.#outbox.open().catch((error: unknown) => onError(error as Error));
    let services: Services | undefined;
    this.#sender = new OutboxSender<KeptRequest, Answered>({
      outbox: this.#outbox,
      onError: (error) => onError(error as Error),
      carrier: {
        ready: async (signal) => {
          services = await modemReady(modem, signal);
        },
        send: async ({ item }, signal) => answered(await request(services as Services, item, signal), item),
        // An answer that can't be read may have suffered on its way.
        verdict: (error, { attempts }) =>
          error instanceof Refused ? error.told : finalError(error, attempts, ["PROTOCOL_ERROR"]),
      },
    });
  }

  /** Whether what waits is sent after a restart. */
  get isOnDisk(): boolean {
    return this.#isOnDisk;
  }

  get depth(): OutboxDepth {
    return this.#outbox.depth;
  }

  /** Resolves when it is kept; `sent` settles with the server's answer. */
  keep(request: KeptRequest): Promise<{ readonly sent: Promise<Answered> }> {
    return this.#outbox.keep(request, this.#age);
  }

  async close(error: ModemError): Promise<void> {
    await this.#sender.stop(error);
    await this.#outbox.close(error);
  }
}

/** A server in trouble may take it later; what it refuses, it will refuse again. */
class ServerTrouble extends Error {}

class Refused extends Error {
  constructor(readonly told: ModemError) {
    super(told.message);
  }
}

/** @throws {ServerTrouble} for a 5xx. @throws {Refused} for a 4xx */
function answered(answer: Answered, { method, url }: KeptRequest): Answered {
  const { statusCode } = answer.response;
  if (statusCode >= 500) throw new ServerTrouble(`${statusCode}`);
  if (statusCode < 400) return answer;
  const place = url.split("?", 1)[0];
  const told = `${method} ${place}: the server answered ${statusCode} and won't take it`;
  throw new Refused(new ModemError("PROTOCOL_ERROR", told, { errorCode: statusCode }));
}
