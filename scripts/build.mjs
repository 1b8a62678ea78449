// Compiles to dist/: driver, simulator and nodes by tsc; each editor.ts by esbuild into its node's html.
// dist/nodes is flat, since Node-RED looks for html, icons and locales beside a node's entry file.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (...parts) => join(root, ...parts);
const out = at("dist", "nodes");

rmSync(at("dist"), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [createRequire(import.meta.url).resolve("typescript/bin/tsc"), "-p", at("tsconfig.build.json")],
  {
    stdio: "inherit",
  },
);

for (const node of readdirSync(at("nodes")).filter((name) => existsSync(at("nodes", name, "runtime.ts")))) {
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
  writeFileSync(join(out, `${node}.js`), `"use strict";\nmodule.exports = require("./${node}/runtime").default;\n`);
  writeFileSync(join(out, `${node}.html`), `<script type="text/javascript">\n${script}</script>\n${html}`);
}

mkdirSync(join(out, "icons"), { recursive: true });
cpSync(at("icons"), join(out, "icons"), { recursive: true });
cpSync(at("locales"), join(out, "locales"), { recursive: true });
cpSync(at("demo", "certificates"), at("dist", "demo", "certificates"), { recursive: true });
if (existsSync(at("dist", "simulator", "cli.js"))) chmodSync(at("dist", "simulator", "cli.js"), 0o755);
