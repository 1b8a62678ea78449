import type { Services } from "../../../../driver/services/model";
import type { BrokerSession } from "../../../../driver/services/mqtt/mqtt";
import type { MqttSnSession } from "../../../../driver/services/mqtt-sn/mqtt-sn";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import type { ModemListener, ModemSocket, SocketEvents } from "../../../../driver/services/sockets/sockets";
import { closedPort } from "../../../support/listen";
import { CA, CLIENT, profile } from "../../quectel/security/tls-profile";
import { MQTT_OPERATIONS } from "./mqtt-operations";
import { MQTT_SN_OPERATIONS } from "./mqtt-sn-operations";
import { type Bench, type Operation, on, TIMEOUT, USUAL_LIMIT } from "./operation";

type MethodsOf<Of> = {
  [Name in keyof Of]: Of[Name] extends (...given: never[]) => Promise<unknown> ? Name : never;
}[keyof Of];
type ServiceMethod = {
  [Service in keyof Services]: `${Service}.${Extract<MethodsOf<Services[Service]>, string>}`;
}[keyof Services];
type SocketMethod =
  | `socket.${Extract<MethodsOf<ModemSocket>, string>}`
  | `listener.${Extract<MethodsOf<ModemListener>, string>}`;
type SessionMethod =
  | `session.${Extract<MethodsOf<BrokerSession>, string>}`
  | `snSession.${Extract<MethodsOf<MqttSnSession>, string>}`;
type ModemMethod = `modem.${"connect" | "disconnect" | "status" | "execute"}`;
/** Every operation that sends commands: one that is missing in the table below is an error of types. */
export type OperationName = ServiceMethod | SocketMethod | SessionMethod | ModemMethod;

const QUIET: SocketEvents = { onData: () => undefined, onClosed: () => undefined };
const WITHOUT_CHECKS = profile({ validation: "none" });
const CHECKED = profile({ clientCertificate: undefined } as Partial<SecurityProfile>);

const get = (url: string, headers: [string, string][] = []) => ({
  method: "GET" as const,
  url,
  headers,
  timeout: TIMEOUT,
});
const post = (length: number) => ({
  ...get("http://server.test/"),
  method: "POST" as const,
  contentType: "text/plain",
  body: Buffer.alloc(length, "x"),
});
const dial = ({ services }: Bench, more = {}): Promise<ModemSocket> =>
  services.sockets.connect({ host: "server.test", port: 7, timeout: TIMEOUT, mode: "command", ...more }, QUIET);
const listen = async ({ services }: Bench): Promise<ModemListener> => {
  const options = { localPort: await closedPort(), timeout: TIMEOUT };
  return services.sockets.listen(
    options,
    () => QUIET,
    () => undefined,
  );
};
/** A connection, and a promise of so many bytes that it brings. */
async function echoed(bench: Bench, data: Buffer, more = {}): Promise<void> {
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    const events: SocketEvents = {
      onData: (bytes) => {
        received += bytes.length;
        if (received >= data.length) resolve();
      },
      onClosed: (error) => reject(error ?? new Error("closed")),
    };
    bench.services.sockets
      .connect({ host: "server.test", port: 7, timeout: TIMEOUT, mode: "command", ...more }, events)
      .then((socket) => socket.send(data))
      .catch(reject);
  });
}

/** All operations by name, each in one or more forms. A new service gets its rows here. */
export const OPERATIONS: Readonly<Record<OperationName, Readonly<Record<string, Operation>>>> = {
  "modem.connect": {
    "of a context that is down": {
      prepare: ({ modem }) => modem.disconnect(1),
      run: ({ modem }) => modem.connect(),
    },
    "of another context": { run: ({ modem }) => modem.connect({ cid: 3, apn: "other", pdpType: "IP" }) },
  },
  "modem.disconnect": { "": { run: ({ modem }) => modem.disconnect() } },
  "modem.status": { "": { run: ({ modem }) => modem.status() } },
  "modem.execute": {
    "a question": { limit: 5000, run: ({ modem }) => modem.execute("AT+CFUN?", { timeout: 5000 }) },
    "with an answer": { limit: TIMEOUT, run: ({ modem }) => modem.execute("AT+CSQ", { timeout: TIMEOUT }) },
  },
  "packetData.define": {
    "": {
      run: ({ services }) =>
        services.packetData.define({ cid: 2, apn: "other", pdpType: "IP", authType: "pap", user: "a", password: "b" }),
    },
  },
  "packetData.activate": {
    "": {
      prepare: ({ modem }) => modem.disconnect(1),
      run: ({ services }) => services.packetData.activate(1),
    },
  },
  "packetData.deactivate": { "": { run: ({ services }) => services.packetData.deactivate(1) } },
  "packetData.status": { "": { run: ({ services }) => services.packetData.status(1) } },
  "packetData.setDns": { "": { run: ({ services }) => services.packetData.setDns(1, "192.0.2.1", "192.0.2.2") } },
  "diagnostics.ping": {
    "": { limit: 60_000, run: ({ services }) => services.diagnostics.ping("server.test", { count: 2 }) },
  },
  "diagnostics.resolve": { "": { limit: 65_000, run: ({ services }) => services.diagnostics.resolve("server.test") } },
  "files.list": { "": { run: ({ services }) => services.files.list() } },
  "files.read": {
    "": {
      prepare: ({ services }) => services.files.write("a.txt", Buffer.alloc(3000, "r")),
      run: ({ services }) => services.files.read("a.txt"),
    },
  },
  "files.write": {
    "": { limit: 60_000, run: ({ services }) => services.files.write("a.txt", Buffer.alloc(3000, "w")) },
  },
  "files.remove": {
    "": {
      prepare: ({ services }) => services.files.write("a.txt", Buffer.from("x")),
      run: ({ services }) => services.files.remove("a.txt"),
    },
  },
  "http.request": {
    GET: { limit: TIMEOUT, run: ({ services }) => services.http.request(get("http://server.test/")) },
    "GET with a header": {
      limit: TIMEOUT,
      run: ({ services }) => services.http.request(get("http://server.test/", [["x-a", "b"]])),
    },
    "GET of a long body": {
      limit: TIMEOUT,
      run: ({ services }) => services.http.request(get("http://server.test/long")),
    },
    POST: { limit: TIMEOUT, run: ({ services }) => services.http.request(post(10)) },
    "POST of a long body": { limit: TIMEOUT, run: ({ services }) => services.http.request(post(40_000)) },
    "GET by https": {
      limit: TIMEOUT,
      run: ({ services }) => services.http.request({ ...get("https://server.test/"), security: WITHOUT_CHECKS }),
    },
  },
  "security.list": { "": { run: ({ services }) => services.security.list() } },
  "security.import": {
    "": { limit: 60_000, run: ({ services }) => services.security.import("ca", "own", { content: CA }) },
  },
  "security.remove": {
    "": {
      prepare: ({ services }) => services.security.import("ca", "own", { content: CA }),
      run: ({ services }) => services.security.remove("ca", "own"),
    },
  },
  "security.hash": {
    "": {
      prepare: ({ services }) => services.security.import("ca", "own", { content: CA }),
      run: ({ services }) => services.security.hash("ca", "own"),
    },
  },
  "security.apply": {
    "with a CA": { limit: 60_000, run: ({ services }) => services.security.apply(CHECKED) },
    "with a client's certificate": {
      limit: 60_000,
      run: ({ services }) => services.security.apply(profile({ ...CLIENT } as Partial<SecurityProfile>)),
    },
  },
  "security.restoreSession": {
    "": {
      models: ["LARA-R6"],
      limit: 60_000,
      run: ({ services }) =>
        services.security.restoreSession(profile({ validation: "none", resumption: "id" }), {
          type: "id",
          encrypted: false,
          data: "c2Vzc2lvbiBpZA==,bWFzdGVyIHNlY3JldA==",
        } as never),
    },
  },
  "sockets.connect": {
    TCP: { limit: TIMEOUT, run: (bench) => dial(bench) },
    TLS: { limit: TIMEOUT, run: (bench) => dial(bench, { port: 443, security: WITHOUT_CHECKS }) },
    direct: { limit: TIMEOUT, run: (bench) => dial(bench, { mode: "direct" }) },
    "with an echo": { limit: TIMEOUT + USUAL_LIMIT, run: (bench) => echoed(bench, Buffer.alloc(3000, 0x81)) },
    "direct with an echo": {
      limit: TIMEOUT + USUAL_LIMIT,
      run: (bench) => echoed(bench, Buffer.alloc(3000, 0x81), { mode: "direct" }),
    },
  },
  "sockets.openUdp": {
    "": { limit: TIMEOUT, run: ({ services }) => services.sockets.openUdp({ timeout: TIMEOUT }, QUIET) },
  },
  "sockets.listen": { "": { limit: TIMEOUT, run: (bench) => listen(bench) } },
  "socket.send": {
    text: on(dial, (socket) => socket.send(Buffer.from("some text"))),
    binary: on(dial, (socket) => socket.send(Buffer.from([0, 1, 2, 13, 10]))),
    "a datagram": on(
      ({ services }) => services.sockets.openUdp({ timeout: TIMEOUT }, QUIET),
      (socket) => socket.send(Buffer.from("x"), { to: { host: "127.0.0.1", port: 9 } }),
    ),
  },
  "socket.status": { "": on(dial, (socket) => socket.status()) },
  "socket.close": {
    "": on(dial, (socket) => socket.close(), 60_000),
  },
  "listener.close": {
    "": on(listen, (listener) => listener.close(), 60_000),
  },
  ...MQTT_OPERATIONS,
  ...MQTT_SN_OPERATIONS,
};
