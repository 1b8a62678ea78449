import type { Node } from "node-red";
import { ModemError } from "../../driver/errors";
import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import type { Services } from "../../driver/services/model";
import { findModem, findTls, lookUpTls } from "../common/config-nodes";
import type { Job, Operation } from "../common/controller";
import { notConfigured } from "../common/errors";
import type { Message, Runtime } from "../common/types";
import { type Security, type TlsProfileRequest, tlsProfileRequest } from "./request";
import { sessionEvent } from "./session";
import type { ModemTlsProfileProperties } from "./types";

/** The longest that any of it takes on a modem that works: the line's share, and a few kilobytes at a low rate. */
const LIMIT_MS = 120_000;

export class TlsProfileOperation implements Operation<TlsProfileRequest, Services> {
  readonly #RED: Runtime;
  readonly #node: Node;
  readonly #properties: ModemTlsProfileProperties;

  constructor(RED: Runtime, node: Node, properties: ModemTlsProfileProperties) {
    this.#RED = RED;
    this.#node = node;
    this.#properties = properties;
  }

  /** Emits the session data of connections by this modem and profile; returns a function that stops it. */
  start(): () => void {
    const { modem, tls } = this.#properties;
    const stop = lookUpTls(this.#RED, tls)?.onSession((from, record) => {
      if (from === modem) this.#node.send([null, { ...sessionEvent(record) }]);
    });
    return () => stop?.();
  }

  async prepare(message: Message): Promise<TlsProfileRequest> {
    return tlsProfileRequest(this.#properties, message, (action) => this.#security(action));
  }

  describe(request: TlsProfileRequest): string {
    return "name" in request ? `${request.action} ${request.kind} ${request.name}` : request.action;
  }

  workLimit(): number {
    return LIMIT_MS;
  }

  acquire(modem: ModemHandle, wait: ReadyOptions): Promise<Services> {
    return modem.ready(wait);
  }

  async perform(request: TlsProfileRequest, { access, signal }: Job<Services>): Promise<Partial<Message>> {
    const { security } = access;
    switch (request.action) {
      case "list":
        return { payload: await security.list({ signal }) };
      case "apply":
        return { payload: await security.apply(request.profile, { signal }) };
      case "import": {
        const payload = await security.import(request.kind, request.name, request.source, { signal });
        // The password has served its purpose; the key is gone from the message too.
        return "password" in request.source ? { payload, password: undefined } : { payload };
      }
      case "remove": {
        const { kind, name } = request;
        await security.remove(kind, name);
        return { payload: { kind, name } };
      }
      case "hash":
        return { payload: await security.hash(request.kind, request.name) };
      case "session": {
        const { tls, profile, session, server } = request;
        const options = { signal, ...(server === undefined ? {} : { server }) };
        const restored = await tls.restoring(session, () => security.restoreSession(profile, session, options));
        return { payload: { profile: restored.profile, type: session.type, ...(server && { server }) } };
      }
    }
  }

  #security(action: string): Security {
    const tls = findTls(this.#RED, this.#properties.tls);
    if (tls === undefined) {
      throw new ModemError("INVALID_INPUT", `tls is missing: choose the security profile for ${action} in the node`);
    }
    const modem = findModem(this.#RED, this.#properties.modem);
    if (modem === undefined) throw notConfigured();
    return { tls, profile: tls.profileFor(modem) };
  }
}
