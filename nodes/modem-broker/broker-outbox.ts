import { ModemError } from "../../driver/errors";
import { Outbox, type OutboxDepth } from "../common/outbox/outbox";
import { OutboxSender } from "../common/outbox/sender";
import { finalError } from "../common/outbox/verdict";
import { asKept, asOutgoing, type KeptMessage, type Outgoing } from "./outgoing";
import type { OutboxSettings } from "./settings";

/** Between two events that tell the depth. */
const TELL_MS = 1000;

/** How full it is, and how many messages may have arrived twice. */
export interface BrokerOutboxDepth extends OutboxDepth {
  readonly repeats: number;
}

export interface BrokerOutboxParts {
  readonly settings: OutboxSettings;
  /** The file; undefined where there is no place for one. */
  readonly path: string | undefined;
  /** Resolves when there is a session. */
  connected(signal: AbortSignal): Promise<void>;
  publish(message: Outgoing, signal: AbortSignal): Promise<void>;
  onDepth(depth: BrokerOutboxDepth): void;
  onWarning(error: Error): void;
}

/** Publications of QoS 1 and 2 until the broker has acknowledged them. */
export class BrokerOutbox {
  readonly #parts: BrokerOutboxParts;
  readonly #outbox: Outbox<KeptMessage>;
  readonly #sender: OutboxSender<KeptMessage, void>;
  readonly #isOnDisk: boolean;
  #timer: NodeJS.Timeout | undefined;
  #repeats = 0;
  #told = "";

  constructor(parts: BrokerOutboxParts) {
    this.#parts = parts;
    const { settings, path, onWarning } = parts;
    this.#isOnDisk = settings.place === "disk" && path !== undefined;
    this.#outbox = new Outbox<KeptMessage>({
      ...(this.#isOnDisk && { path: path as string }),
      limit: settings.limit,
      onChange: () => this.#tellSoon(),
      onWarning,
    });
    this.#outbox.open().catch((error: unknown) => onWarning(error as Error));
    this.#sender = new OutboxSender<KeptMessage, void>({
      outbox: this.#outbox,
      rate: settings.rate,
      onError: (error) => onWarning(error as Error),
      carrier: {
        ready: (signal) => parts.connected(signal),
        send: async ({ item, attempts }, signal) => {
          // What became of an earlier attempt, the modem did not tell.
          if (attempts > 1) this.#repeats += 1;
          await parts.publish(asOutgoing(item), signal);
        },
        verdict: (error, { attempts }) => finalError(error, attempts),
      },
    });
  }

  get depth(): BrokerOutboxDepth {
    return { ...this.#outbox.depth, repeats: this.#repeats };
  }

  /** Resolves when it is kept; `sent` settles when it is acknowledged, or never will be. @param expiry s */
  keep(message: Outgoing, expiry: number | undefined): Promise<{ readonly sent: Promise<void> }> {
    const { age } = this.#parts.settings;
    const limits = [age, expiry ?? 0].filter((limit) => limit > 0);
    return this.#outbox.keep(asKept(message), limits.length === 0 ? 0 : Math.min(...limits));
  }

  async close(error: ModemError): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#sender.stop(error);
    const { waiting } = this.depth;
    await this.#outbox.close(error);
    if (waiting > 0 && !this.#isOnDisk) this.#parts.onWarning(lost(waiting));
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { depth } = this;
      const { waiting, bytes } = depth;
      const text = `${waiting} ${bytes}`;
      if (text !== this.#told) this.#parts.onDepth(depth);
      this.#told = text;
    }, TELL_MS);
    this.#timer.unref();
  }
}

/** Their own nodes are closed as well, and can't fail them any more. */
function lost(count: number): ModemError {
  const many = count === 1 ? "1 message that waited in it is" : `${count} messages that waited in it are`;
  return new ModemError("MODEM_OFFLINE", `The outbox was in memory and is closed: ${many} lost. Keep it on disk`);
}
