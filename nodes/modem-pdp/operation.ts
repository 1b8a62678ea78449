import type { Node } from "node-red";
import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import type { Services } from "../../driver/services/model";
import type { Job, Operation } from "../common/controller";
import { checkFit } from "../common/known-model";
import { renderTemplate } from "../common/message/template";
import { requestMisfits } from "../common/model-fit";
import type { Message, ObservableModem, Runtime } from "../common/types";
import { relayEvents } from "./events";
import { type PdpRequest, pdpHost, pdpRequest } from "./request";
import type { ModemPdpProperties } from "./types";

/** The longest that each action takes on a modem that works, what waits before it for the line included. */
const LIMITS_MS: Readonly<Record<PdpRequest["action"], number>> = {
  // The modem may attach anew before it activates.
  activate: 300_000,
  deactivate: 60_000,
  status: 60_000,
  // Ten attempts of a minute at most.
  ping: 700_000,
  resolve: 150_000,
};

export class PdpOperation implements Operation<PdpRequest, Services> {
  readonly #RED: Runtime;
  readonly #node: Node;
  readonly #properties: ModemPdpProperties;

  constructor(RED: Runtime, node: Node, properties: ModemPdpProperties) {
    this.#RED = RED;
    this.#node = node;
    this.#properties = properties;
  }

  /** Returns a function that stops it. @throws {ModemError} `NOT_SUPPORTED` for what this modem can't do */
  start(modem: ObservableModem): () => void {
    checkFit(this.#RED, this.#properties.modem, (model) => requestMisfits({ ...this.#properties }, model));
    return relayEvents(modem, (event) => this.#node.send([null, { ...event }]));
  }

  prepare(message: Message): Promise<PdpRequest> {
    const render = (template: string) => renderTemplate(this.#RED, this.#node, { template, field: "host", message });
    return pdpRequest(this.#properties, message, () => pdpHost(this.#properties, message, render));
  }

  describe(request: PdpRequest): string {
    return "host" in request ? `${request.action} ${request.host}` : request.action;
  }

  workLimit({ action }: PdpRequest): number {
    return LIMITS_MS[action];
  }

  acquire(modem: ModemHandle, wait: ReadyOptions): Promise<Services> {
    return modem.ready(wait);
  }

  async perform(request: PdpRequest, { modem, access, signal }: Job<Services>): Promise<Partial<Message>> {
    switch (request.action) {
      case "activate": {
        const status = await modem.connect(request.context);
        if (request.dns === undefined) return { payload: status };
        await access.packetData.setDns(status.cid, request.dns.primary, request.dns.secondary);
        return { payload: await modem.status(status.cid) };
      }
      case "deactivate":
        await modem.disconnect(request.cid);
        return { payload: await modem.status(request.cid) };
      case "status":
        return { payload: await modem.status(request.cid) };
      case "ping":
        return { payload: await access.diagnostics.ping(request.host, { ...request.options, signal }) };
      case "resolve": {
        const { host, cid } = request;
        return { payload: await access.diagnostics.resolve(host, { signal, ...(cid === undefined ? {} : { cid }) }) };
      }
    }
  }
}
