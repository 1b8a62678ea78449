import { X509Certificate } from "node:crypto";
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { InternetError } from "../internet";
import type { TlsSettings } from "./types";

/** Real chains are shorter. */
const LONGEST_CHAIN = 10;
/** Extended key usages that allow a certificate for a server (RFC 5280 4.2.1.12). */
const SERVER_USAGES = ["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"];

/**
 * Checks the server's certificates. OpenSSL reports only the last of several errors, so an expired certificate of an
 * unknown authority would count as merely expired; hence the chain is checked here.
 * @throws {InternetError} `tls`
 */
export function verifyPeer(socket: TLSSocket, { verify, trusted, pinned }: TlsSettings): void {
  const shown = socket.getPeerCertificate(true);
  const sent = sentCertificates(shown);
  if (pinned !== undefined) checkPin(sent[0], pinned);
  // A server without a certificate has proved itself by the pre-shared key: no other such suite is offered.
  if (!verify.chain || sent[0] === undefined) return;
  const chain = walk(
    sent[0],
    sent.slice(1),
    trusted.map((der) => new X509Certificate(der)),
  );
  checkUsage(sent[0]);
  if (verify.dates) for (const certificate of chain) checkDates(certificate, verify.now ?? new Date());
  const mismatch = verify.host === undefined ? undefined : checkServerIdentity(verify.host, shown);
  if (mismatch !== undefined) throw new InternetError("tls", mismatch.message);
}

/** In the order of the chain, the server's own first. Each points to its issuer; the last one points to itself. */
function sentCertificates(shown: DetailedPeerCertificate): X509Certificate[] {
  const sent: X509Certificate[] = [];
  let certificate: DetailedPeerCertificate | undefined = shown;
  while (certificate?.raw !== undefined && sent.length < LONGEST_CHAIN) {
    sent.push(new X509Certificate(certificate.raw));
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    certificate = issuer === certificate ? undefined : issuer;
  }
  return sent;
}

/** From the server's certificate up to a trusted one. */
function walk(
  own: X509Certificate,
  intermediates: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): X509Certificate[] {
  const chain = [own];
  for (let current = own; chain.length <= LONGEST_CHAIN; chain.push(current)) {
    const last = current;
    if (trusted.some((certificate) => certificate.ca && certificate.raw.equals(last.raw))) return chain;
    const root = trusted.find((certificate) => hasIssued(certificate, last));
    if (root !== undefined) return [...chain, root];
    const issuer = intermediates.find((certificate) => !chain.includes(certificate) && hasIssued(certificate, last));
    if (issuer === undefined) break;
    current = issuer;
  }
  throw new InternetError("tls", "the server's certificate does not lead to a trusted authority");
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function checkUsage(own: X509Certificate): void {
  // Always defined according to its type, but undefined if the certificate has no such extension.
  const usages: readonly string[] | undefined = own.keyUsage;
  if (usages !== undefined && !usages.some((usage) => SERVER_USAGES.includes(usage))) {
    throw new InternetError("tls", "the certificate is not meant for a server");
  }
}

function checkDates(certificate: X509Certificate, clock: Date): void {
  const now = clock.getTime();
  // An invalid date must fail the check.
  if (!(now >= Date.parse(certificate.validFrom))) throw new InternetError("tls", "a certificate is not valid yet");
  if (!(now <= Date.parse(certificate.validTo))) throw new InternetError("tls", "a certificate has expired");
}

function checkPin(own: X509Certificate | undefined, pinned: NonNullable<TlsSettings["pinned"]>): void {
  const expected = new X509Certificate(pinned.certificate);
  const same =
    pinned.compare === "certificate"
      ? own?.raw.equals(expected.raw)
      : own !== undefined && publicKeyOf(own).equals(publicKeyOf(expected));
  if (!same) throw new InternetError("tls", `the server's ${pinned.compare} is not the pinned one`);
}

function publicKeyOf(certificate: X509Certificate): Buffer {
  return certificate.publicKey.export({ type: "spki", format: "der" });
}
