import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareUserDirectory } from "./user-directory";

const HELP = `npm start -- [options]

Node-RED on 127.0.0.1 with the examples and modems in software, which have a small internet of their own.

  --port N    Node-RED's port (1880)
  --user DIR  Node-RED's user directory (.node-red)
  --fresh     forget the flows of an earlier start
`;

/** Ports of the servers that the demo once had; it takes them still, so that no script breaks, and needs none. */
const FORMER = {
  internet: { type: "string" },
  https: { type: "string" },
  echo: { type: "string" },
  listen: { type: "string" },
} as const;

/** @throws {Error} that names the option */
function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Error(`--port must be a port from 1 to 65535, not ${text}`);
}

/** Checks early: Node-RED reports it only after loading its flows. @throws {Error} that says what to do */
async function checkFree(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", ({ message }) => {
      reject(new Error(`Port ${port} can't be used (${message}). Is another demo running? Choose one with --port N.`));
    });
    probe.listen(port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

async function main(): Promise<void> {
  const root = join(__dirname, "..", "..");
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "1880" },
      user: { type: "string", default: join(root, ".node-red") },
      fresh: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      ...FORMER,
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const port = portNumber(values.port);
  await checkFree(port);
  prepareUserDirectory(values.user, root, { port, fresh: values.fresh });

  const nodeRed = spawn(process.execPath, [require.resolve("node-red/red.js"), "-u", values.user], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => nodeRed.kill(signal));
  nodeRed.on("exit", (code) => process.exit(code ?? 0));
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
