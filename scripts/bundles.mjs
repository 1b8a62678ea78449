// What Node-RED and Node.js run, as a few files: reading and compiling four hundred is most of what a package costs a
// small gateway at its start. Nothing stands in two of them. They stay readable; dependencies stay outside.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { build, transform } from "esbuild";

const SHARED = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  packages: "external",
  logLevel: "warning",
};

/**
 * Comments stay in the sources: V8 would read them at every start, and holds a file with a single character that is not
 * Latin in two bytes each.
 */
const withoutComments = {
  name: "without-comments",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/, namespace: "file" }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), {
        loader: "ts",
        minifyWhitespace: true,
        target: SHARED.target,
        sourcefile: path,
      });
      return { contents: code, loader: "js" };
    });
  },
};

const outside = (path) => ({ path, external: true });

/** The simulator is read with the first port that asks for it. */
const simulatorOutside = {
  name: "simulator-outside",
  setup: ({ onResolve }) => onResolve({ filter: /\/simulator\/faces\/in-process\.js$/ }, () => outside(SIMULATOR)),
};
const SIMULATOR = "../simulator/simulator.js";

/** The hosts that the simulator plays are read with the first connection to one of them. */
const hostsOutside = {
  name: "hosts-outside",
  setup: ({ onResolve }) => onResolve({ filter: /\/demo-example\.js$/ }, () => outside("./demo-example.js")),
};

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

/** @param root the package's folder @param nodes the names of all nodes */
export async function buildBundles(root, nodes) {
  const bundle = (path, { plugins = [], ...options }) =>
    build({
      ...SHARED,
      absWorkingDir: root,
      outfile: `dist/${path}`,
      plugins: [...plugins, withoutComments],
      ...options,
    });
  // Strict as modules are: a bundle of them is not by itself.
  const gathered = (lines) => ({
    stdin: { contents: ['"use strict";', ...lines].join("\n"), resolveDir: root, loader: "js" },
  });
  const used = new Set();
  await bundle("nodes/runtime.js", { ...gathered(nodesEntry(nodes)), plugins: [driverOutside(root, used)] });
  await bundle("driver/index.js", { ...gathered(driverEntry([...used].sort())), plugins: [simulatorOutside] });
  await bundle("simulator/simulator.js", { ...gathered(simulatorEntry(root)), plugins: [hostsOutside] });
  await bundle("simulator/demo-example.js", { entryPoints: ["simulator/internet/demo-example/demo-example.ts"] });
  await bundle("simulator/cli.js", { entryPoints: ["simulator/cli.ts"], plugins: [commandAlone] });
  await bundle("demo/start.js", { entryPoints: ["demo/start.ts"] });
}
