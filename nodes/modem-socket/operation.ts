import type { Node } from "node-red";
import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import type { Services } from "../../driver/services/model";
import { findModem } from "../common/config-nodes";
import type { Job, Operation } from "../common/controller";
import { notConfigured } from "../common/errors";
import { checkFit } from "../common/known-model";
import { renderTemplate } from "../common/message/template";
import { socketMisfits } from "../common/model-fit";
import { onFlowsStarted } from "../common/started";
import type { Message, ObservableModem, Runtime } from "../common/types";
import { withinLimit } from "../common/within-limit";
import { namesTarget, type SocketRequest, socketRequest, socketTarget } from "./request";
import { type SocketSettings, socketSecurity, socketSettings } from "./settings";
import { NodeSockets } from "./sockets";
import type { ModemSocketProperties } from "./types";

/** Bounds how long the node waits for the modem to close the sockets: leaving LARA-R6's direct link takes 4.2 s. */
const CLOSE_LIMIT_MS = 4550;

export class SocketOperation implements Operation<SocketRequest, Services> {
  readonly #RED: Runtime;
  readonly #node: Node;
  readonly #properties: ModemSocketProperties;
  /** Defined once there is a modem. */
  sockets: NodeSockets | undefined;

  constructor(RED: Runtime, node: Node, properties: ModemSocketProperties) {
    this.#RED = RED;
    this.#node = node;
    this.#properties = properties;
  }

  /** Returns a function that stops it. @throws {ModemError} `INVALID_INPUT` if the dialog can't be used */
  start(modem: ObservableModem, changed: () => void): () => Promise<void> {
    const RED = this.#RED;
    const node = this.#node;
    const properties = this.#properties;
    const settings = this.#checkedSettings();
    let isClosed = false;
    const send = (messages: (object | null)[]): void => {
      if (!isClosed) node.send(messages as never);
    };
    const sockets = new NodeSockets({
      settings,
      modem,
      timeout: findModem(RED, properties.modem)?.timeout ?? 0,
      outputs: { data: (message) => send([message, null]), event: (event) => send([null, event]) },
      isKept: settings.role === "listen" || namesTarget(properties),
      target: () => socketTarget(properties, {} as Message, this.#renderFor({} as Message)),
      security: () => socketSecurity(RED, properties, settings),
      changed,
      // With a message, so that Catch nodes receive it.
      report: (error) => node.error(error, {}),
    });
    this.sockets = sockets;
    let isStarted = false;
    onFlowsStarted(RED, node, () => {
      // Only at the first start: a later deploy must not reopen what a message has closed.
      if (!isStarted) sockets.start();
      isStarted = true;
    });
    return async () => {
      isClosed = true;
      await withinLimit(sockets.stop(), CLOSE_LIMIT_MS);
    };
  }

  async prepare(message: Message): Promise<SocketRequest> {
    this.#checkedSettings();
    return socketRequest(this.#properties, message, this.#renderFor(message));
  }

  describe({ action, data, target }: SocketRequest): string {
    const what = action === "send" ? `${data.length} bytes` : action;
    return target === undefined ? what : `${what} to ${target.host}:${target.port}`;
  }

  acquire(modem: ModemHandle, wait: ReadyOptions): Promise<Services> {
    return modem.ready(wait);
  }

  async perform(request: SocketRequest, { signal }: Job<Services>): Promise<Partial<Message>> {
    const { sockets } = this;
    if (sockets === undefined) throw notConfigured();
    switch (request.action) {
      case "send":
        return { ...(await sockets.send(request, signal)) };
      case "connect":
        return { ...(await sockets.connect(request, signal)) };
      case "close":
        return { ...(await sockets.close(request)) };
      case "status":
        return { ...(await sockets.status(request)) };
    }
  }

  #renderFor(message: Message): (template: string, field: string) => Promise<string> {
    return (template, field) => renderTemplate(this.#RED, this.#node, { template, field, message });
  }

  /** @throws {ModemError} `INVALID_INPUT` */
  #checkedSettings(): SocketSettings {
    const settings = socketSettings(this.#properties);
    checkFit(this.#RED, this.#properties.modem, (model) => socketMisfits({ ...this.#properties }, model));
    socketSecurity(this.#RED, this.#properties, settings);
    return settings;
  }
}
