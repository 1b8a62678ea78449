import { isIP } from "node:net";
import type { Channel } from "../../at/channel-types";
import { integer, quote } from "../../at/fields";
import { commandWithResult } from "../../cellular/result-urc";
import { isModemError, ModemError } from "../../errors";
import type { DiagnosticsService, PingOptions, PingResult } from "../../services/diagnostics";
import { Deadline } from "../../services/waiting/deadline";
import { Pool } from "../../services/waiting/pool";
import { command } from "../commands";
import type { QuectelPacketData } from "../packet-data/packet-data";
import { LATE_MS } from "../timeouts";
import type { QuectelTraits } from "../traits";
import { dnsLines } from "./dns-answer";
import { PingReport } from "./ping-report";

/** Longest DNS name, RFC 1035 2.3.4. */
const HOST_LENGTH = 255;
/** +QPING's own, in s and attempts (AT facts 2.1). */
const PING_TIMEOUT_S = 4;
const PING_COUNT = 4;
/** The size is fixed. */
const PING_SIZE = 32;

/** +QPING and +QIDNSGIP (AT facts 2.1). Their URCs carry no number, so each runs alone. */
export class QuectelDiagnostics implements DiagnosticsService {
  readonly #channel: Channel;
  readonly #packetData: QuectelPacketData;
  readonly #model: QuectelTraits;
  readonly #pings = new Pool(["ping"], { name: "pings" });
  readonly #lookups = new Pool(["lookup"], { name: "DNS lookups" });

  constructor(channel: Channel, packetData: QuectelPacketData, model: QuectelTraits) {
    this.#channel = channel;
    this.#packetData = packetData;
    this.#model = model;
  }

  async ping(host: string, options: PingOptions = {}): Promise<PingResult> {
    const { cid = this.#packetData.defaultCid, count = PING_COUNT, timeout = PING_TIMEOUT_S * 1000, signal } = options;
    const { name } = this.#model;
    refuse("ttl", options.ttl !== undefined, `${name} has no parameter for it`);
    refuse("size", options.size !== undefined && options.size !== PING_SIZE, `${name} sends ${PING_SIZE} bytes`);
    integer(count, { field: "count", min: 1, max: 10 });
    const seconds = integer(Math.ceil(timeout / 1000), { field: "timeout in seconds", min: 1, max: 255 });
    const order = command("+QPING=", [cid, hostField(host), seconds, count]);
    const report = new PingReport(`Pinging ${host}`, order.label, count);
    const limit = this.#model.timeouts.dns + count * seconds * 1000 + LATE_MS;
    return this.#alone(this.#pings, `Pinging ${host}`, limit, cid, signal, async () => {
      const wait = { match: report.match, timeout: limit, operation: `Pinging ${host}`, evenUnanswered: true };
      try {
        const { result } = await commandWithResult(this.#channel, order, wait);
        return result;
      } catch (error) {
        // Attempts without the line that sums them up are an answer too.
        if (isModemError(error, "MODEM_TIMEOUT") && report.attempts > 0) return report.result();
        throw error;
      }
    });
  }

  async resolve(
    host: string,
    options: { cid?: number; signal?: AbortSignal } = {},
  ): Promise<{ host: string; address: string }> {
    const { cid = this.#packetData.defaultCid, signal } = options;
    refuse("host", isIP(host) !== 0, `${this.#model.name} resolves names to addresses only`);
    const operation = `Resolving ${host}`;
    const order = command("+QIDNSGIP=", [cid, hostField(host)]);
    const wait = {
      match: dnsLines(operation, order.label),
      timeout: this.#model.timeouts.dns,
      operation,
      evenUnanswered: true,
    };
    return this.#alone(this.#lookups, operation, this.#model.timeouts.dns + LATE_MS, cid, signal, async () => {
      const { result } = await commandWithResult(this.#channel, order, wait);
      const [address] = result;
      if (address === undefined) throw new ModemError("DNS_FAILED", `${operation}: the answer holds no address`);
      return { host, address };
    });
  }

  dispose(error: Error): void {
    this.#pings.close(error);
    this.#lookups.close(error);
  }

  /** Runs `work` alone; a caller who gives up leaves at once, but the next one starts when the modem is done. */
  async #alone<T>(
    turn: Pool<string>,
    operation: string,
    limit: number,
    cid: number,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const guarded = async (): Promise<T> => {
      await this.#packetData.require(cid);
      signal?.throwIfAborted();
      return work();
    };
    const item = await turn.acquire({ signal, owner: operation });
    const deadline = new Deadline(limit + this.#model.timeouts.activate, operation, signal);
    const running = guarded().finally(() => turn.release(item));
    return deadline.race(running);
  }
}

function refuse(option: string, unusable: boolean, reason: string): void {
  if (unusable) throw new ModemError("NOT_SUPPORTED", `${option} can't be used: ${reason}`);
}

function hostField(host: string): ReturnType<typeof quote> {
  const field = quote(host, { field: "host", max: HOST_LENGTH });
  if (host === "") throw new ModemError("INVALID_INPUT", "host is empty");
  return field;
}
