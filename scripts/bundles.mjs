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

/** What a node needs only once a flow has one: what a flow node does, and what a config node but the modem offers. */
const LATER = /^nodes\/(?:common\/flow-node|[\w-]+\/(?:operation|offer)|modem-tls\/certificate-answer)$/;

/** Each name that a later module exports is a getter: an imported name is looked up where it is used, not before. */
const laterOutside = (root, later) => ({
  name: "later-outside",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?\//, namespace: "file" }, ({ path, resolveDir }) => {
      const module = moduleAt(root, resolveDir, path);
      return LATER.test(module) ? { path: module, namespace: "later" } : undefined;
    });
    onLoad({ filter: /./, namespace: "later" }, ({ path }) => {
      const getters = later
        .get(path)
        .map((name) => `get ${name}() { return require("./later.js")["${path}"].${name}; }`);
      return { contents: `module.exports = { ${getters.join(", ")} };` };
    });
    onResolve({ filter: /./, namespace: "later" }, ({ path }) => outside(path));
  },
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

/** A module's name in the package: its path without the ending. */
const moduleAt = (root, folder, path) => relative(root, join(folder, path)).replaceAll("\\", "/");

/**
 * Takes modules from the bundle that has them, so that their classes exist once.
 *
 * @param bundleOf the path of that bundle; undefined for a module of the one that is built
 */
const fromBundles = (root, bundleOf) => ({
  name: "from-bundles",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./, namespace: "elsewhere" }, ({ path }) => outside(path));
    onResolve({ filter: /^\.\.?\//, namespace: "file" }, ({ path, resolveDir }) => {
      const module = moduleAt(root, resolveDir, path);
      return bundleOf(module) === undefined ? undefined : { path: module, namespace: "elsewhere" };
    });
    onLoad({ filter: /./, namespace: "elsewhere" }, ({ path }) => ({
      contents: `module.exports = require("${bundleOf(path)}").internal["${path}"];`,
    }));
  },
});

/** What other bundles take from one, as `internal`, which no declaration mentions. */
const internal = (modules) => [
  ...modules.map((module, index) => `import * as module${index} from "./${module}";`),
  `export const internal = { ${modules.map((module, index) => `"${module}": module${index}`).join(", ")} };`,
];

const nodesEntry = (nodes) => nodes.map((node) => `export { default as "${node}" } from "./nodes/${node}/runtime";`);

const laterEntry = (modules) => modules.map((module) => `export * as "${module}" from "./${module}";`);

/** The modules that are read later, by name, with the names that each exports. */
async function laterModules(root) {
  const modules = readdirSync(join(root, "nodes"), { recursive: true })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => moduleAt(root, root, join("nodes", file.slice(0, -".ts".length))))
    .filter((module) => LATER.test(module));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: modules.map((module) => `${module}.ts`),
    outdir: "dist",
    outbase: ".",
    format: "esm",
    metafile: true,
    write: false,
  });
  const names = Object.values(metafile.outputs).map(({ entryPoint, exports }) => [withoutEnding(entryPoint), exports]);
  return new Map(names.sort());
}

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
  await buildDriverAndNodes(root, nodes, bundle, gathered);
  await bundle("simulator/simulator.js", { ...gathered(simulatorEntry(root)), plugins: [hostsOutside] });
  await bundle("simulator/demo-example.js", { entryPoints: ["simulator/internet/demo-example/demo-example.ts"] });
  await bundle("simulator/cli.js", { entryPoints: ["simulator/cli.ts"], plugins: [commandAlone] });
  await bundle("demo/start.js", { entryPoints: ["demo/start.ts"] });
}

/**
 * Of the driver, `index.js` has what the start needs, `sessions.js` what an open port needs besides, a file for each vendor
 * what is that vendor's alone, and `services.js` what is left: the vendors share it. Of the nodes, `runtime.js` has what
 * the start needs, and `later.js` the rest.
 */
async function buildDriverAndNodes(root, nodes, bundle, gathered) {
  const taken = new Set();
  /** Takes modules from the bundle that `bundleOf` names, and notes them. */
  const from = (bundleOf) =>
    fromBundles(root, (module) => {
      const path = bundleOf(module);
      if (path !== undefined) taken.add(module);
      return path;
    });
  const write = (path, lines, plugins) => bundle(`${path}.js`, { ...gathered(lines), plugins });
  const probe = async (lines, plugins, options) =>
    modulesOf(await bundle("probe.js", { ...gathered(lines), plugins, write: false, ...options }));
  const takenOf = (isThere) => internal([...taken].filter(isThere).sort());

  const later = await laterModules(root);
  const face = 'export * from "./driver/index";';
  const lives = 'export * from "./driver/life/sessions";';
  const outsideStart = [simulatorOutside, sessionsOutside, vendorsOutside(root)];
  const outsideRuntime = [laterOutside(root, later), from((module) => (isDriver(module) ? INDEX : undefined))];
  // What `later.js` takes from there comes with all that it imports.
  const runtime = await probe(nodesEntry(nodes), outsideRuntime, { treeShaking: false });
  const index = await probe([face, ...internal([...taken])], outsideStart);
  const inIndex = (module) => (index.has(module) ? "./index.js" : undefined);
  const sessions = await probe([lives], [from(inIndex)]);
  const inBoth = (module) => inIndex(module) ?? (sessions.has(module) ? "./sessions.js" : undefined);
  const isService = (module) => isDriver(module) && inBoth(module) === undefined;

  for (const vendor of vendorsOf(root)) {
    const own = `driver/${vendor}/`;
    const plugins = [from((module) => inBoth(module) ?? (module.startsWith(own) ? undefined : "./services.js"))];
    await bundle(`driver/${vendor}.js`, { entryPoints: [`${own}driver.ts`], plugins });
  }
  const beside = (module) => (runtime.has(module) ? "./runtime.js" : undefined);
  const below = (module) => (inBoth(module) ?? "./services.js").replace(".", "../driver");
  await write("nodes/later", laterEntry([...later.keys()]), [
    from((module) => (isDriver(module) ? below : beside)(module)),
  ]);
  await write("nodes/runtime", [...nodesEntry(nodes), ...takenOf((module) => runtime.has(module))], outsideRuntime);
  await write("driver/services", takenOf(isService), [from(inBoth)]);
  await write("driver/sessions", [lives, ...takenOf((module) => sessions.has(module))], [from(inIndex)]);
  await write("driver/index", [face, ...takenOf((module) => index.has(module))], outsideStart);
}

const INDEX = "../driver/index.js";
const isDriver = (module) => module.startsWith("driver/");
const withoutEnding = (file) => file.replace(/\.ts$/, "");

/** The modules that have come into a bundle. */
function modulesOf({ metafile }) {
  const [output] = Object.values(metafile.outputs);
  return new Set(Object.keys(output.inputs).map(withoutEnding));
}
