import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenServer, openServer } from "../support/listen";
import { ROOT } from "../support/paths";

const PACKAGE = "@cellular-flows/node-red-modem";
const run = promisify(execFile);

const npm = (args: string[], cwd: string): string =>
  execFileSync("npm", [...args, "--ignore-scripts", "--loglevel=error", "--no-audit", "--no-fund"], {
    cwd,
    encoding: "utf8",
  });

/** The page's only piece of TypeScript. */
function example(): string {
  const page = readFileSync(join(ROOT, "docs", "driver.md"), "utf8");
  const [, code = ""] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
  return code;
}

describe("the driver of the package, installed where there is no Node-RED", () => {
  let directory: string;
  let server: OpenServer | undefined;
  let port: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "driver-alone-"));
    const tarball = npm(["pack", "--pack-destination", directory], ROOT).trim().split("\n").at(-1) ?? "";
    writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "alone", private: true }));
    npm(["install", "--prefer-offline", join(directory, tarball)], directory);
    server = await openServer(createServer((_request, response) => response.end("hello from the far end")));
    port = `sim:LARA-R6?route=far.example:80=127.0.0.1:${server.port}`;
  }, 180_000);

  afterAll(async () => {
    await server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const compile = (options: readonly string[]) =>
    run(
      process.execPath,
      [
        require.resolve("typescript/bin/tsc"),
        "example.ts",
        ...["--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--types", "node"],
        ...["--typeRoots", join(ROOT, "node_modules", "@types")],
        ...options,
      ],
      { cwd: directory },
    ).catch((error: { stdout: string }) => Promise.reject(new Error(error.stdout)));

  it("runs the documented example, type-checked, up to a page", async () => {
    expect(example().split("\n").length).toBeGreaterThan(15);
    writeFileSync(join(directory, "example.ts"), example());
    await compile(["--module", "node16"]);
    const { stdout, stderr } = await run(process.execPath, ["example.js", port, "http://far.example/"], {
      cwd: directory,
    });
    expect(stderr).toBe("");
    expect(stdout.split("\n").map((line) => line.trim())).toEqual(
      expect.arrayContaining(["opening", "ready", "200 hello from the far end", "closed"]),
    );
  }, 60_000);

  it("has its types for compilers that do not know `exports`", async () => {
    writeFileSync(join(directory, "example.ts"), example());
    await compile(["--module", "commonjs", "--moduleResolution", "node10", "--noEmit"]);
  }, 60_000);

  it("tells what is wrong with a setting by the error that it exports", async () => {
    const code = `
      import { createModem, isModemError } from "${PACKAGE}/driver";
      try { createModem({ port: "sim:LARA-R6", cid: 99 }); } catch (error) { console.log(isModemError(error, "INVALID_INPUT")); }`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], { cwd: directory });
    expect(stdout.trim()).toBe("true");
  });

  it("describes itself without a type of Node-RED", () => {
    const folder = join(directory, "node_modules", PACKAGE, "dist", "driver");
    const declarations = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".d.ts"),
    );
    expect(declarations).toContain("index.d.ts");
    const imports = declarations.flatMap((name) =>
      [...readFileSync(join(folder, name), "utf8").matchAll(/from "([^".][^"]*)"/g)].map(([, module]) => module),
    );
    expect(imports.filter((module) => module?.startsWith("node:") !== true)).toEqual([]);
  });

  it("lets the manifest be found, and the nodes' files", async () => {
    const code = `console.log(["package.json", "dist/nodes/modem.js"].map((file) => require.resolve("${PACKAGE}/" + file)).length)`;
    const { stdout } = await run(process.execPath, ["-e", code], { cwd: directory });
    expect(stdout.trim()).toBe("2");
  });
});
