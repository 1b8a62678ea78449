import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DemoInternet, type InternetPorts } from "./internet";
import { INTERNET_PORTS, prepareUserDirectory } from "./user-directory";

const HELP = `npm start -- [options]

Node-RED with the examples, modems in software and a small internet, all on 127.0.0.1.

  --port N       Node-RED's port (1880)
  --internet N   port of the small internet (${INTERNET_PORTS.http}; 0 picks one)
  --https N      port of its HTTPS (the one after; 0 picks one)
  --echo N       port of its echo server (${INTERNET_PORTS.echo}, or 0 where --internet is 0; 0 picks one)
  --listen N     port at which a modem of the examples listens (${INTERNET_PORTS.listening}, or 0 as above; 0 picks one)
  --user DIR     Node-RED's user directory (.node-red)
  --fresh        forget the flows of an earlier start
`;

/** The command's option for each of the ports. */
const OPTIONS = { http: "internet", https: "https", echo: "echo", listening: "listen" } as const;

/** @throws {Error} that names the option */
function portNumber(option: string, text: string, least: number): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= least && port <= 65_535) return port;
  throw new Error(`--${option} must be a port from ${least} to 65535, not ${text}`);
}

/** @throws {Error} that names the option */
function internetPorts(
  options: Readonly<Partial<Record<(typeof OPTIONS)[keyof InternetPorts], string>>>,
): InternetPorts {
  const given = (port: keyof InternetPorts, otherwise: number): number => {
    const text = options[OPTIONS[port]];
    return text === undefined ? otherwise : portNumber(OPTIONS[port], text, 0);
  };
  const http = given("http", INTERNET_PORTS.http);
  return {
    http,
    https: given("https", nextTo(http)),
    echo: given("echo", http === 0 ? 0 : INTERNET_PORTS.echo),
    listening: given("listening", http === 0 ? 0 : INTERNET_PORTS.listening),
  };
}

function nextTo(port: number): number {
  return port === 0 || port === 65_535 ? 0 : port + 1;
}

/** Checks early: Node-RED reports it only after loading its flows. @throws {Error} that says what to do */
async function checkFree(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (error) => reject(taken("port", port, error)));
    probe.listen(port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

function taken(option: string, port: number, { message }: Error): Error {
  return new Error(`Port ${port} can't be used (${message}). Is another demo running? Choose one with --${option} N.`);
}

async function main(): Promise<void> {
  const root = join(__dirname, "..", "..");
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "1880" },
      internet: { type: "string" },
      https: { type: "string" },
      echo: { type: "string" },
      listen: { type: "string" },
      user: { type: "string", default: join(root, ".node-red") },
      fresh: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const port = portNumber("port", values.port, 1);
  const wanted = internetPorts(values);
  await checkFree(port);
  const small = new DemoInternet();
  const internet = await small.listen(wanted).catch((error: NodeJS.ErrnoException & { port?: number }) => {
    const ports = Object.keys(OPTIONS) as (keyof InternetPorts)[];
    const port = ports.find((name) => wanted[name] === error.port) ?? "http";
    throw taken(OPTIONS[port], error.port ?? wanted.http, error);
  });
  prepareUserDirectory(values.user, root, { port, internet, fresh: values.fresh });

  const nodeRed = spawn(process.execPath, [require.resolve("node-red/red.js"), "-u", values.user], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => nodeRed.kill(signal));
  nodeRed.on("exit", (code) => {
    void small.close().then(() => process.exit(code ?? 0));
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
