import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DemoInternet } from "./internet";
import { INTERNET_PORT, prepareUserDirectory } from "./user-directory";

const HELP = `npm start -- [options]

Node-RED with the examples, modems in software and a small internet, all on 127.0.0.1.

  --port N       Node-RED's port (1880)
  --internet N   port of the small internet (${INTERNET_PORT}; 0 picks one)
  --user DIR     Node-RED's user directory (.node-red)
  --fresh        forget the flows of an earlier start
`;

async function main(): Promise<void> {
  const root = join(__dirname, "..", "..");
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "1880" },
      internet: { type: "string", default: String(INTERNET_PORT) },
      user: { type: "string", default: join(root, ".node-red") },
      fresh: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const internet = new DemoInternet();
  const internetPort = await internet.listen(Number(values.internet));
  prepareUserDirectory(values.user, root, { port: Number(values.port), internetPort, fresh: values.fresh });

  const nodeRed = spawn(process.execPath, [require.resolve("node-red/red.js"), "-u", values.user], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => nodeRed.kill(signal));
  nodeRed.on("exit", (code) => {
    void internet.close().then(() => process.exit(code ?? 0));
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
