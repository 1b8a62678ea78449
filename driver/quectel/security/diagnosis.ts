import { ModemError } from "../../errors";
import { expiredInWords } from "../../services/security/expiry";
import { checkMaterial } from "../../services/security/profile-material";
import type { SocketNumbers } from "../sockets/numbers";
import { canConnect, type ProbeTarget } from "../sockets/probe";
import type { KnownModem, QuectelTraits } from "../traits";
import type { SslPlan } from "./plan";
import type { SslLease } from "./security";

/**
 * What the modem reports when a handshake fails, none of which says so (guide 5, AT facts 2.2): a failed connection, and on
 * some firmware an unknown error; a socket besides that it was closed. That a name can't be resolved has its own number.
 */
const HANDSHAKE_MAY_HAVE_FAILED = new Set([701, 715, 716, 550, 554, 566, 567]);
/** ms that looking for the reason may take, at most. */
const PATIENCE_MS = 15_000;
/** ms below which it is not worth while, and that are left for closing the socket. */
const SHORTEST_MS = 2_000;

/** A request or a connection over TLS that failed. */
export interface FailedTls {
  readonly operation: string;
  readonly error: ModemError;
  readonly number: number | undefined;
  readonly server: ProbeTarget;
  readonly plan: SslPlan;
  readonly lease: SslLease;
  /** ms of the request's own that are left. */
  readonly remaining: number;
}

export function mayBeHandshake(number: number | undefined): boolean {
  return number !== undefined && HANDSHAKE_MAY_HAVE_FAILED.has(number);
}

/**
 * Tells a failed handshake from a failed connection by connecting to the server without TLS. Where that can't be found
 * out it is called `TLS_FAILED`: the network is up and the name resolved, so settings are likelier than a closed port;
 * the message names both.
 */
export async function explainTls(modem: KnownModem, numbers: SocketNumbers, failed: FailedTls): Promise<ModemError> {
  const { operation, error, server, plan, lease } = failed;
  const timeout = Math.min(PATIENCE_MS, failed.remaining - SHORTEST_MS);
  const connects = timeout < SHORTEST_MS ? undefined : await canConnect(modem, numbers, server, timeout);
  const place = `${server.host}, port ${server.port}`;
  if (connects === false) {
    const message = `${operation}: no connection to ${place} can be made (${failed.number}); check the server's address and port`;
    return new ModemError("CONNECT_FAILED", message, error.cause);
  }
  const finding =
    connects === true
      ? `the TLS handshake failed (${failed.number}); ${place}, can be connected to`
      : `the TLS handshake or the connection to ${place} failed, which the modem does not tell apart (${failed.number})`;
  const wrong = [finding, ...outOfDate(plan)].join(". ");
  return new ModemError(
    "TLS_FAILED",
    `${operation}: ${wrong}. Check ${checklist(plan, lease, modem.model).join("; ")}`,
    error.cause,
  );
}

/** What the profile's own certificates show to be wrong, as far as their dates are looked at by modem or server. */
function outOfDate({ profile, parameters }: SslPlan): string[] {
  const { ca, cert } = checkMaterial(profile);
  const certificates = [
    ["CA certificate", "ca", parameters.ignorelocaltime === 0 ? ca : undefined],
    ["client certificate", "cert", cert],
  ] as const;
  return certificates.flatMap(([words, property, certificate]) => {
    const named = { words, subject: certificate?.subject ?? "", property };
    return expiredInWords(named, certificate?.expires) ?? [];
  });
}

/** Guide A 3.5 in the words of the security profile, as far as it concerns this one. */
function checklist(
  { profile, parameters, checkhost }: SslPlan,
  { namesHost }: SslLease,
  model: QuectelTraits,
): string[] {
  const { validation, minVersion, ciphers, cert } = profile;
  const version = minVersion === "any" ? "TLS 1.0 to 1.2" : `TLS ${minVersion} and no other`;
  const suites = ciphers.length > 0 ? ciphers.join(", ") : `RSA certificates only, ${model.name} has no ECDSA suites`;
  return [
    ...(validation === "none" ? [] : [`ca (must be the root of the server's chain, validation is ${validation})`]),
    ...(checkhost === 1 ? ["serverName (the server's certificate must be for the URL's host)"] : []),
    ...(parameters.ignorelocaltime === 0
      ? ["the server's certificate may be expired, or the modem's clock wrong"]
      : []),
    `minVersion (${model.name} offers ${version}; it has no TLS 1.3)`,
    `ciphers (${suites})`,
    cert === undefined
      ? "cert and key (the server may require a client certificate)"
      : "cert and key (the server must trust the issuer)",
    namesHost
      ? "sni (the server must know the URL's host)"
      : "sni (no server name is sent, which the server may require)",
  ];
}
