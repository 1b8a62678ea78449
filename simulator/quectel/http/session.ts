import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { needDataMode } from "../data-mode";
import type { HttpConnection } from "./connection";
import { HttpError } from "./errors";
import type { HttpUrl } from "./url-text";

/** +QHTTPCFG's settings (HTTP manual 2.1): range and factory value. */
export const HTTP_SETTINGS = {
  contextid: { min: 1, max: 16, factory: 1, printed: "(1-16)" },
  requestheader: { min: 0, max: 1, factory: 0, printed: "(0,1)" },
  responseheader: { min: 0, max: 1, factory: 0, printed: "(0,1)" },
  sslctxid: { min: 0, max: 5, factory: 1, printed: "(0-5)" },
  contenttype: { min: 0, max: 3, factory: 0, printed: "(0-3)" },
} as const;

export type HttpSettingName = keyof typeof HTTP_SETTINGS;

/** The one HTTP client of the modem, from boot to boot. */
export class HttpSession {
  readonly #modem: Modem;
  readonly settings: Record<HttpSettingName, number> = {
    contextid: HTTP_SETTINGS.contextid.factory,
    requestheader: HTTP_SETTINGS.requestheader.factory,
    responseheader: HTTP_SETTINGS.responseheader.factory,
    sslctxid: HTTP_SETTINGS.sslctxid.factory,
    contenttype: HTTP_SETTINGS.contenttype.factory,
  };
  url: HttpUrl | undefined;
  #busy = false;
  #response: HttpConnection | undefined;

  constructor(modem: Modem) {
    this.#modem = modem;
  }

  /** @throws {CommandError} 704 while another port is in data mode, 703 while a request or a +QHTTPREADFILE runs */
  needIdle(): void {
    needDataMode(this.#modem, HttpError.uartBusy);
    if (this.#busy) throw new CommandError(HttpError.busy);
  }

  /** Occupies the client for one operation; returns a function that frees it. */
  occupy(): () => void {
    this.#busy = true;
    return () => {
      this.#busy = false;
    };
  }

  /** The answer to the last request; it can be read once. @throws {CommandError} 705 without one */
  get response(): HttpConnection {
    if (this.#response === undefined) throw new CommandError(HttpError.noRequest);
    return this.#response;
  }

  /** Replaces an unread answer. */
  keep(response: HttpConnection | undefined): void {
    this.#response?.close();
    this.#response = response;
  }
}

export function httpSession(modem: Modem): HttpSession {
  return modem.service("quectel/http", (owner) => new HttpSession(owner));
}
