// Builds dist/: bundles of the driver, the simulator, the nodes and the demo; declarations of the driver's public face;
// each editor.ts in its node's html. dist/nodes is flat, since Node-RED looks for html, icons and locales beside a
// node's entry file. With `--if-needed` it leaves a build alone that is newer than every source.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildBundles } from "./bundles.mjs";
import { isFresh, markBuilt } from "./freshness.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (...parts) => join(root, ...parts);
const out = at("dist", "nodes");

async function buildEditor(node) {
  const bundle = await build({
    entryPoints: [at("nodes", node, "editor.ts")],
    bundle: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    write: false,
  });
  const script = bundle.outputFiles[0].text.replaceAll("</script", "<\\/script");
  const html = readFileSync(at("nodes", node, "editor.html"), "utf8");
  writeFileSync(join(out, `${node}.html`), `<script type="text/javascript">\n${script}</script>\n${html}`);
}

async function buildAll() {
  // The compiler is heavy to load, and is not needed to find that nothing has changed.
  const { emitDeclarations } = await import("./declarations.mjs");
  const nodes = readdirSync(at("nodes")).filter((name) => existsSync(at("nodes", name, "runtime.ts")));
  const started = Date.now();
  rmSync(at("dist"), { recursive: true, force: true });
  mkdirSync(join(out, "icons"), { recursive: true });
  emitDeclarations(root, "driver/index.ts");
  await buildBundles(root, nodes);
  await Promise.all(nodes.map(buildEditor));
  for (const node of nodes) {
    writeFileSync(join(out, `${node}.js`), `"use strict";\nmodule.exports = require("./runtime")["${node}"];\n`);
  }
  cpSync(at("icons"), join(out, "icons"), { recursive: true });
  cpSync(at("locales"), join(out, "locales"), { recursive: true });
  chmodSync(at("dist", "simulator", "cli.js"), 0o755);
  markBuilt(root, started);
}

try {
  if (!process.argv.includes("--if-needed") || !isFresh(root)) await buildAll();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
