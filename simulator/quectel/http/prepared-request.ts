import { isIP, isIPv4 } from "node:net";
import { InternetError } from "../../internet/internet";
import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { contexts } from "../packet-data/contexts";
import { securityContext } from "../security/security";
import { tlsSettings } from "../security/tls-settings";
import { type Destination, HttpConnection } from "./connection";
import { HttpError, SOCKET_ERRORS } from "./errors";
import { type HttpSession, httpSession } from "./session";
import type { HttpUrl } from "./url-text";

/** Bounds connecting to the server, after which the command fails (HTTP manual 2.3, 2.4). */
const CONNECT_TIMEOUT_MS = 125_000;
const CONTENT_TYPES = [
  "application/x-www-form-urlencoded",
  "text/plain",
  "application/octet-stream",
  "multipart/form-data",
] as const;

/** A request that passed all checks and may be sent. */
export class PreparedRequest {
  readonly #modem: Modem;
  readonly #session: HttpSession;
  readonly #url: HttpUrl;
  readonly #signal: AbortSignal;
  readonly #powerCycle: AbortSignal;

  private constructor(modem: Modem, session: HttpSession, url: HttpUrl, signal: AbortSignal, powerCycle: AbortSignal) {
    this.#modem = modem;
    this.#session = session;
    this.#url = url;
    this.#signal = signal;
    this.#powerCycle = powerCycle;
  }

  /**
   * @throws {CommandError} 703, 704, 712 no URL, 713 no such address, 714 a name that can't be resolved (the context is
   * not active or has no name server, HTTP manual 4.3), 709 an address and no active context
   */
  static prepare(modem: Modem): PreparedRequest {
    const session = httpSession(modem);
    session.needIdle();
    const { url } = session;
    if (url === undefined) throw new CommandError(HttpError.emptyUrl);
    if (/^[\d.]+$/.test(url.host) && !isIPv4(url.host)) throw new CommandError(HttpError.address);
    const cid = session.settings.contextid;
    if (isIP(url.host) === 0 && !contexts(modem).canResolve(cid)) throw new CommandError(HttpError.dns);
    const active = contexts(modem).signal(cid);
    if (active === undefined) throw new CommandError(HttpError.deactivated);
    const { powerCycle } = modem;
    return new PreparedRequest(modem, session, url, AbortSignal.any([active, powerCycle]), powerCycle);
  }

  get ownHeader(): boolean {
    return this.#session.settings.requestheader === 1;
  }

  /** Occupies the client and drops an unread answer. */
  begin(): () => void {
    this.#session.keep(undefined);
    return this.#session.occupy();
  }

  /** @param timeout ms @throws {CommandError} 714, 716 refused or no TLS, 702, 709 */
  async connect(timeout = CONNECT_TIMEOUT_MS): Promise<HttpConnection> {
    const { internet } = this.#modem;
    const { host } = this.#url;
    try {
      await internet.delay(this.#signal);
      const target = internet.target(host, this.#url.port);
      const [address] = await contexts(this.#modem).lookup(this.#session.settings.contextid, target.host);
      if (address === undefined) throw new InternetError("dns", `${host} has no address`);
      await internet.troubles?.connecting(this.#signal);
      const cut = internet.troubles?.takeCut() ?? 0;
      const limit = Math.min(timeout, CONNECT_TIMEOUT_MS);
      const destination = { host, address, port: target.port, cut, ...this.#security() };
      return await HttpConnection.open(destination, limit, this.#signal);
    } catch (error) {
      if (!(error instanceof InternetError)) throw error;
      throw new CommandError(this.#signal.aborted ? HttpError.deactivated : SOCKET_ERRORS[error.failure]);
    }
  }

  /** From the currently selected security context (HTTP manual 2.1, "sslctxid"). */
  #security(): Pick<Destination, "tls"> {
    if (!this.#url.secure) return {};
    const id = this.#session.settings.sslctxid;
    const timeout = securityContext(this.#modem, id).number("negotiatetime") * 1000;
    return { tls: { settings: tlsSettings(this.#modem, id, this.#url.host), timeout } };
  }

  /** The header that the modem generates (HTTP manual 1.2.1 shows its fields). */
  header(method: "GET" | "POST", bodyLength?: number): Buffer {
    const { path, authority } = this.#url;
    const lines = [
      `${method} ${path} HTTP/1.1`,
      `Host: ${authority}`,
      "Accept: */*",
      "User-Agent: QUECTEL_MODULE",
      "Connection: Keep-Alive",
    ];
    if (bodyLength !== undefined) {
      lines.push(`Content-Type: ${CONTENT_TYPES[this.#session.settings.contenttype]}`, `Content-Length: ${bodyLength}`);
    }
    return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  }

  /**
   * Sends the rest of the request, waits for the answer's header and reports the result by URC.
   * @param seconds from the OK to the URC
   */
  async report(command: string, seconds: number, send: () => Promise<HttpConnection>, release: () => void) {
    try {
      const outcome = await this.#outcome(seconds * 1000, send);
      if (!this.#powerCycle.aborted) this.#modem.urc(`${command}: ${outcome}`);
    } finally {
      release();
    }
  }

  async #outcome(timeout: number, send: () => Promise<HttpConnection>): Promise<string> {
    const until = performance.now() + timeout;
    try {
      const connection = await send();
      const { statusCode, contentLength } = await this.#answer(connection, until - performance.now());
      return contentLength === undefined ? `0,${statusCode}` : `0,${statusCode},${contentLength}`;
    } catch (error) {
      if (error instanceof CommandError) return String(error.errorCode);
      throw error;
    }
  }

  async #answer(connection: HttpConnection, timeout: number) {
    try {
      const head = await connection.head(timeout);
      await this.#modem.internet.delay(this.#signal);
      this.#session.keep(connection);
      return head;
    } catch (error) {
      connection.close();
      throw error instanceof InternetError ? new CommandError(HttpError.deactivated) : error;
    }
  }
}
