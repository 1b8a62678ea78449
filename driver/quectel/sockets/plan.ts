import { integer, quote } from "../../at/fields";
import { ModemError } from "../../errors";
import type { ConnectOptions, ListenOptions, SocketMode } from "../../services/sockets/sockets";
import { planSsl, type SslPlan } from "../security/plan";
import type { QuectelTraits } from "../traits";
import { MAX_HOST } from "./connect";

/** A connection that is asked for, checked. */
export interface SocketPlan {
  readonly operation: string;
  readonly cid: number | undefined;
  readonly host: string;
  readonly port: number;
  /** 0: the modem's own choice. */
  readonly localPort: number;
  readonly ssl: SslPlan | undefined;
  readonly mode: SocketMode;
}

/** @throws {ModemError} `INVALID_INPUT`, `NOT_SUPPORTED` for what the modem's sockets can't do */
export function planConnect(options: ConnectOptions, model: QuectelTraits): SocketPlan {
  const { host, port, localPort = 0, security, mode, timeout, cid } = options;
  checkOptions(options, model);
  if (host === "") throw new ModemError("INVALID_INPUT", "host is empty");
  quote(host, { field: "host", max: MAX_HOST });
  integer(port, { field: "port", min: 1, max: 65_535 });
  if (security !== undefined && localPort !== 0) {
    throw new ModemError(
      "NOT_SUPPORTED",
      `localPort: ${model.name} chooses the port of a TLS connection itself; leave it empty`,
    );
  }
  const ssl = security === undefined ? undefined : planSsl(security, model, { host, timeout });
  const operation = `${ssl === undefined ? "TCP" : "TLS"} connection to ${host}, port ${port}`;
  return { operation, cid, host, port, localPort, ssl, mode };
}

/** What all sockets have in common. @throws {ModemError} `INVALID_INPUT`, `NOT_SUPPORTED` */
export function checkOptions(
  options: Partial<Pick<ListenOptions, "localPort" | "keepAlive" | "linger" | "ttl" | "tos">>,
  model: QuectelTraits,
): void {
  const { localPort, keepAlive = 0 } = options;
  for (const name of ["linger", "ttl", "tos"] as const) {
    if (options[name] === undefined) continue;
    throw new ModemError("NOT_SUPPORTED", `${name}: ${model.name} has no such option of a socket; leave it empty`);
  }
  if (localPort !== undefined) integer(localPort, { field: "localPort", min: 1, max: 65_535 });
  if (keepAlive !== 0) {
    throw new ModemError(
      "NOT_SUPPORTED",
      `keepAlive: ${model.name} has no keep-alive that can be set; send something now and then`,
    );
  }
}
