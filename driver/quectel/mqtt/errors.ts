import { ModemError } from "../../errors";
import type { QuectelError } from "../error-tables";
import { numberedError, type Report } from "../errors";

const SERVER = "check the broker's address and port, and the APN";

/** Results of +QMTOPEN (AT facts 6). */
const OPEN_ERRORS: ReadonlyMap<number, QuectelError> = new Map<number, QuectelError>([
  [-1, { text: "no connection to the broker could be opened", code: "CONNECT_FAILED", remedy: SERVER }],
  [1, { text: "wrong parameter", code: "MODEM_REJECTED" }],
  [2, { text: "the modem's MQTT client is occupied", code: "MODEM_BUSY" }],
  [3, { text: "PDP context could not be activated", code: "NO_CONNECTION", remedy: "check the APN" }],
  [
    4,
    { text: "name could not be resolved", code: "DNS_FAILED", remedy: "check the broker's name and the DNS servers" },
  ],
  [5, { text: "the network was disconnected", code: "NO_CONNECTION" }],
]);

/** Return codes of CONNACK (MQTT 3.1.1, 3.2.2.3). */
const LOGIN_ERRORS: ReadonlyMap<number, QuectelError> = new Map<number, QuectelError>([
  [
    1,
    {
      text: "the broker does not accept this protocol version",
      code: "PROTOCOL_ERROR",
      remedy: "choose another protocolVersion",
    },
  ],
  [2, { text: "the broker does not accept this client id", code: "PROTOCOL_ERROR", remedy: "choose another clientId" }],
  [3, { text: "the broker is unavailable", code: "PROTOCOL_ERROR" }],
  [4, { text: "the broker does not accept user and password", code: "PROTOCOL_ERROR", remedy: "check both" }],
  [
    5,
    {
      text: "the broker does not let this client in",
      code: "PROTOCOL_ERROR",
      remedy: "check user, password and clientId",
    },
  ],
]);

/** Reports of +QMTSTAT: why the modem's client has left (AT facts 6). */
const LEFT: ReadonlyMap<number, string> = new Map([
  [1, "the broker or the network closed the connection"],
  [2, "the broker did not answer a ping in time"],
  [3, "the login could not be sent"],
  [4, "the broker did not answer the login"],
  [5, "the modem has logged out"],
  [6, "the broker did not acknowledge what was sent, and the modem gave up"],
  [7, "the network connection was lost"],
]);

/** Its own report when the host has logged out. */
export const LOGGED_OUT = 5;

export function openError(number: number, report: Report): ModemError {
  return numberedError(number, report, OPEN_ERRORS);
}

export function loginError(number: number, report: Report): ModemError {
  return numberedError(number, report, LOGIN_ERRORS);
}

/** As the end of a sentence. */
export function whyLeft(number: number): string {
  return `${LEFT.get(number) ?? "the modem has closed it"} (${number})`;
}

/** It may have been done all the same. */
export function unreadable({ operation, command, result }: Report): ModemError {
  const text = "its result can't be read";
  return new ModemError("MODEM_TIMEOUT", `${operation}: ${text}`, { command, result, errorText: text });
}
