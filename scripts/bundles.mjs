// What Node-RED and Node.js run, as a few files: reading and compiling four hundred is most of what a package costs a
// small gateway at its start. Nothing stands in two of them. They stay readable; dependencies stay outside.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";

const SHARED = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  packages: "external",
  logLevel: "warning",
  write: false,
};

const outside = (path) => ({ path, external: true });

/** The simulator is read with the first port that asks for it. */
const simulatorOutside = {
  name: "simulator-outside",
  setup: ({ onResolve }) => onResolve({ filter: /\/simulator\/faces\/in-process\.js$/ }, () => outside(SIMULATOR)),
};
const SIMULATOR = "../simulator/simulator.js";

/** All that a command's own file imports comes from the bundle beside it. */
const commandAlone = {
  name: "command-alone",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\// }, ({ importer }) => (importer === "" ? undefined : outside("./simulator.js"))),
};

/** Nodes take the driver's modules from the driver's bundle, so that its classes exist once. Gathers which into `used`. */
const driverOutside = (root, used) => ({
  name: "driver-outside",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./, namespace: "driver" }, () => outside("../driver/index.js"));
    onResolve({ filter: /^\.\.\/.*\bdriver\// }, ({ path, resolveDir }) => {
      const module = relative(root, join(resolveDir, path)).replaceAll("\\", "/");
      used.add(module);
      return { path: module, namespace: "driver" };
    });
    onLoad({ filter: /./, namespace: "driver" }, ({ path }) => ({
      contents: `module.exports = require("../driver/index.js").internal["${path}"];`,
    }));
  },
});

/** The driver's public face, and `internal` for this package's nodes, which no declaration mentions. */
const driverEntry = (modules) => [
  'export * from "./driver/index";',
  ...modules.map((module, index) => `import * as module${index} from "./${module}";`),
  `export const internal = { ${modules.map((module, index) => `"${module}": module${index}`).join(", ")} };`,
];

const nodesEntry = (nodes) => nodes.map((node) => `export { default as "${node}" } from "./nodes/${node}/runtime";`);

/** What the command needs, and what a port needs. */
function simulatorEntry(root) {
  const command = readFileSync(join(root, "simulator", "cli.ts"), "utf8");
  const modules = new Set([...command.matchAll(/from "\.\/([^"]+)"/g)].map(([, module]) => module));
  return [...modules.add("faces/in-process")].map((module) => `export * from "./simulator/${module}";`);
}

/** Comments keep what is not ASCII, and V8 takes twice the memory, and half the time again, for a file that has any. */
const asciiOnly = (text) =>
  text.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

async function bundle(root, path, options) {
  const { outputFiles } = await build({ ...SHARED, absWorkingDir: root, ...options });
  const file = join(root, "dist", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, asciiOnly(outputFiles[0].text));
}

/** @param root the package's folder @param nodes the names of all nodes */
export async function buildBundles(root, nodes) {
  const gathered = (lines) => ({ stdin: { contents: lines.join("\n"), resolveDir: root, loader: "ts" } });
  const used = new Set();
  await bundle(root, "nodes/runtime.js", { ...gathered(nodesEntry(nodes)), plugins: [driverOutside(root, used)] });
  await bundle(root, "driver/index.js", { ...gathered(driverEntry([...used].sort())), plugins: [simulatorOutside] });
  await bundle(root, "simulator/simulator.js", gathered(simulatorEntry(root)));
  await bundle(root, "simulator/cli.js", { entryPoints: ["simulator/cli.ts"], plugins: [commandAlone] });
  await bundle(root, "demo/start.js", { entryPoints: ["demo/start.ts"] });
}
