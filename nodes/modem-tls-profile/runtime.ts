import type { Node } from "node-red";
import { ModemError } from "../../driver/errors";
import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import type { Services } from "../../driver/services/model";
import { findModem, findTls, lookUpTls } from "../common/config-nodes";
import type { Job, Operation } from "../common/controller";
import { notConfigured } from "../common/errors";
import { setUpFlowNode } from "../common/flow-node";
import { migrate } from "../common/migrate";
import type { Message, Runtime } from "../common/types";
import { MODEM_TLS_PROFILE_MIGRATIONS } from "./migrations";
import { type Security, type TlsProfileRequest, tlsProfileRequest } from "./request";
import { sessionEvent } from "./session";
import type { ModemTlsProfileProperties } from "./types";

type Definition = ModemTlsProfileProperties & { id: string; type: string; z: string; queue?: unknown };

export default function init(RED: Runtime): void {
  function ModemTlsProfileNode(this: Node, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    const properties = migrate(definition, MODEM_TLS_PROFILE_MIGRATIONS);
    const { modem, tls, queue } = properties;
    setUpFlowNode(RED, this, {
      modem,
      tls,
      queue,
      operation: new TlsProfileOperation(RED, properties),
      listen: () => relaySessions(RED, this, properties),
    });
  }

  RED.nodes.registerType("modem-tls-profile", ModemTlsProfileNode);
}

/** Emits the session data of connections by this modem and profile; returns a function that stops it. */
function relaySessions(RED: Runtime, node: Node, { modem, tls }: ModemTlsProfileProperties): () => void {
  const stop = lookUpTls(RED, tls)?.onSession((from, record) => {
    if (from === modem) node.send([null, { ...sessionEvent(record) }]);
  });
  return () => stop?.();
}

/** The longest that any of it takes on a modem that works: the line's share, and a few kilobytes at a low rate. */
const LIMIT_MS = 120_000;

class TlsProfileOperation implements Operation<TlsProfileRequest, Services> {
  readonly #RED: Runtime;
  readonly #properties: ModemTlsProfileProperties;

  constructor(RED: Runtime, properties: ModemTlsProfileProperties) {
    this.#RED = RED;
    this.#properties = properties;
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
