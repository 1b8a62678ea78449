import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { Aedes } from "aedes" with { "resolution-mode": "import" };
import { onTestFinished } from "vitest";
import { closedPort, openServer } from "./listen";
import { TLS_FIXTURES } from "./paths";

/** An MQTT broker within this process, which ends with the test. */
export interface InnerBroker {
  readonly port: number;
  readonly aedes: Aedes;
}

/** @param tls left out for plain MQTT */
export async function innerBroker(tls?: TlsOptions): Promise<InnerBroker> {
  const { close, ...broker } = await openInnerBroker(tls);
  onTestFinished(close);
  return broker;
}

/** The same for a broker that outlives a test: who opens it closes it. */
export async function openInnerBroker(tls?: TlsOptions): Promise<InnerBroker & { close(): Promise<void> }> {
  const { Aedes } = await import("aedes");
  const aedes = await Aedes.createBroker();
  const server = await openServer(tls === undefined ? createServer(aedes.handle) : createTlsServer(tls, aedes.handle));
  const close = async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    await server.close();
  };
  return { port: server.port, aedes, close };
}

export interface MosquittoOptions {
  /** Only this user gets in. */
  readonly user?: { readonly name: string; readonly password: string };
  /** With the certificate of the fixtures; `mutual`: only clients with one of the test authority get in. */
  readonly tls?: "server" | "mutual";
  /** Keeps what it has over `stop`, which lets it end by itself then. */
  readonly isPersistent?: boolean;
  /** Further lines of mosquitto.conf. */
  readonly lines?: readonly string[];
}

/** Mosquitto on a free port of loopback. */
export interface Mosquitto {
  readonly port: number;
  start(): Promise<void>;
  /** At once, as when the machine fails, unless it is persistent. */
  stop(): Promise<void>;
}

/** Starts Mosquitto, which ends with the test. */
export async function mosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "mosquitto-"));
  const port = await closedPort();
  const file = join(folder, "mosquitto.conf");
  writeFileSync(file, (await configuration(options, folder, port)).join("\n"));
  let ended = Promise.resolve();
  let child: ReturnType<typeof spawn> | undefined;
  const broker: Mosquitto = {
    port,
    async start() {
      const started = spawn("mosquitto", ["-c", file], { stdio: "ignore" });
      child = started;
      ended = once(started, "exit").then(() => undefined);
      while (!(await answers(port))) if (started.exitCode !== null) throw new Error("mosquitto ended");
    },
    async stop() {
      child?.kill(options.isPersistent === true ? "SIGTERM" : "SIGKILL");
      await ended;
    },
  };
  onTestFinished(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await broker.start();
  return broker;
}

async function configuration(
  { user, tls, isPersistent = false, lines = [] }: MosquittoOptions,
  folder: string,
  port: number,
): Promise<readonly string[]> {
  const root = process.getuid?.() === 0 ? ["user root"] : [];
  const all = [
    `persistence ${isPersistent}`,
    `persistence_location ${folder}/`,
    "log_type none",
    ...root,
    `listener ${port} 127.0.0.1`,
  ];
  if (user === undefined) all.push("allow_anonymous true");
  else {
    const passwords = join(folder, "passwords");
    await once(
      spawn("mosquitto_passwd", ["-b", "-c", passwords, user.name, user.password], { stdio: "ignore" }),
      "exit",
    );
    all.push("allow_anonymous false", `password_file ${passwords}`);
  }
  if (tls !== undefined) {
    const fixture = (name: string) => join(TLS_FIXTURES, `${name}.pem`);
    all.push(`cafile ${fixture("ca.cert")}`, `certfile ${fixture("server.cert")}`, `keyfile ${fixture("server.key")}`);
    if (tls === "mutual") all.push("require_certificate true");
  }
  return [...all, ...lines, ""];
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
