// What Node-RED and Node.js run, as a few files: reading and compiling four hundred is most of what a package costs a
// small gateway at its start, and the size of what is read most of the rest. Nothing stands in two of them. They stay
// readable; dependencies stay outside.
import { existsSync, readdirSync, readFileSync } from "node:fs";
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
  // By require(), which takes a fraction of what Node.js' import() needs for a file that is no ES module.
  supported: { "dynamic-import": false },
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

/** What only an open port needs is read with the first of them. */
const sessionsOutside = {
  name: "sessions-outside",
  setup: ({ onResolve }) => onResolve({ filter: /\/life\/sessions\.js$/ }, () => outside("./sessions.js")),
};

/** What a vendor's modems can do is read with the first one of them. */
const vendorsOutside = (root) => ({
  name: "vendors-outside",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/driver\.js$/ }, ({ resolveDir }) =>
      outside(`./${relative(join(root, "driver"), resolveDir)}.js`),
    ),
});

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

/**
 * Takes the driver's modules from the bundle that has them, so that its classes exist once.
 *
 * @param bundleOf the path of that bundle; undefined for a module of the one that is built
 */
const fromBundles = (root, bundleOf) => ({
  name: "from-bundles",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./, namespace: "driver" }, ({ path }) => outside(path));
    onResolve({ filter: /^\.\.?\//, namespace: "file" }, ({ path, resolveDir }) => {
      const module = relative(root, join(resolveDir, path)).replaceAll("\\", "/");
      return bundleOf(module) === undefined ? undefined : { path: module, namespace: "driver" };
    });
    onLoad({ filter: /./, namespace: "driver" }, ({ path }) => ({
      contents: `module.exports = require("${bundleOf(path)}").internal["${path}"];`,
    }));
  },
});

/** What the package's other bundles take from one of the driver's, as `internal`, which no declaration mentions. */
const internal = (modules) => [
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

/** The folders of the driver that have one to load. */
const vendorsOf = (root) =>
  readdirSync(join(root, "driver")).filter((name) => existsSync(join(root, "driver", name, "driver.ts")));

/** @param root the package's folder @param nodes the names of all nodes */
export async function buildBundles(root, nodes) {
  const bundle = (path, { plugins = [], ...options }) =>
    build({
      ...SHARED,
      absWorkingDir: root,
      outfile: `dist/${path}`,
      plugins: [...plugins, withoutComments],
      metafile: true,
      ...options,
    });
  // Strict as modules are: a bundle of them is not by itself.
  const gathered = (lines) => ({
    stdin: { contents: ['"use strict";', ...lines].join("\n"), resolveDir: root, loader: "js" },
  });
  await buildDriver(root, nodes, bundle, gathered);
  await bundle("simulator/simulator.js", { ...gathered(simulatorEntry(root)), plugins: [hostsOutside] });
  await bundle("simulator/demo-example.js", { entryPoints: ["simulator/internet/demo-example/demo-example.ts"] });
  await bundle("simulator/cli.js", { entryPoints: ["simulator/cli.ts"], plugins: [commandAlone] });
  await bundle("demo/start.js", { entryPoints: ["demo/start.ts"] });
}

/**
 * `index.js` has what the start needs, `sessions.js` what an open port needs besides, a file for each vendor what is that
 * vendor's alone, and `services.js` what is left: the vendors share it.
 */
async function buildDriver(root, nodes, bundle, gathered) {
  const isDriver = (module) => module.startsWith("driver/");
  const face = 'export * from "./driver/index";';
  const lives = 'export * from "./driver/life/sessions";';
  const taken = new Set();
  /** Takes modules from the bundle that `bundleOf` names, and notes them. */
  const from = (bundleOf) =>
    fromBundles(root, (module) => {
      const path = isDriver(module) ? bundleOf(module) : undefined;
      if (path !== undefined) taken.add(module);
      return path;
    });
  const write = (path, lines, plugins) => bundle(`driver/${path}.js`, { ...gathered(lines), plugins });
  const probe = async (lines, plugins) =>
    modulesOf(await bundle("driver/probe.js", { ...gathered(lines), plugins, write: false }));
  const takenOf = (isThere) => internal([...taken].filter(isThere).sort());

  await bundle("nodes/runtime.js", { ...gathered(nodesEntry(nodes)), plugins: [from(() => "../driver/index.js")] });
  const outsideStart = [simulatorOutside, sessionsOutside, vendorsOutside(root)];
  const start = await probe([face, ...internal([...taken])], outsideStart);
  const inStart = (module) => (start.has(module) ? "./index.js" : undefined);
  const sessions = await probe([lives], [from(inStart)]);
  const inBoth = (module) => inStart(module) ?? (sessions.has(module) ? "./sessions.js" : undefined);
  for (const vendor of vendorsOf(root)) {
    const own = `driver/${vendor}/`;
    const plugins = [from((module) => inBoth(module) ?? (module.startsWith(own) ? undefined : "./services.js"))];
    await bundle(`driver/${vendor}.js`, { entryPoints: [`${own}driver.ts`], plugins });
  }
  await write(
    "services",
    takenOf((module) => inBoth(module) === undefined),
    [from(inBoth)],
  );
  await write("sessions", [lives, ...takenOf((module) => sessions.has(module))], [from(inStart)]);
  await write("index", [face, ...takenOf((module) => start.has(module))], outsideStart);
}

/** The modules that have come into a bundle. */
function modulesOf({ metafile }) {
  const [output] = Object.values(metafile.outputs);
  return new Set(Object.keys(output.inputs).map((path) => path.replace(/\.ts$/, "")));
}
