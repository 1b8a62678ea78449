import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/paths";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly uses?: string;
  readonly needs?: string;
  readonly container?: string;
  readonly permissions?: Record<string, string>;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: { readonly push?: { readonly branches?: string[]; readonly tags?: string[] } };
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, Job>;
}

interface IssueForm {
  readonly name: string;
  readonly body: readonly { readonly id?: string; readonly validations?: { readonly required?: boolean } }[];
}

// Node-RED brings a parser of YAML.
const yaml: { load(text: string): unknown } = createRequire(require.resolve("node-red/package.json"))("js-yaml");
const GITHUB = join(ROOT, ".github");
const read = <T>(...path: string[]) => yaml.load(readFileSync(join(GITHUB, ...path), "utf8")) as T;
const workflow = (name: string) => read<Workflow>("workflows", name);
const names = readdirSync(join(GITHUB, "workflows"));
const jobsOf = (name: string) => Object.values(workflow(name).jobs);
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };

describe.each(names)("the workflow %s", (name) => {
  it("calls only what the repository has", () => {
    for (const job of jobsOf(name)) {
      if (job.uses?.startsWith("./")) expect(existsSync(join(ROOT, job.uses)), job.uses).toBe(true);
      for (const run of job.steps?.flatMap((step) => step.run ?? []) ?? []) {
        for (const [, script = ""] of run.matchAll(/\bnpm run (?:-\S+ )*(\S+)/g))
          expect(scripts).toHaveProperty(script);
        for (const [path] of run.matchAll(/(?<=^|\s)\.[\w./-]+(?=\s|$)/gm))
          expect(() => accessSync(join(ROOT, path), constants.X_OK), path).not.toThrow();
      }
    }
  });

  it("names a version of every action it uses, and jobs that it has", () => {
    const { jobs } = workflow(name);
    for (const job of Object.values(jobs)) {
      if (job.needs !== undefined) expect(Object.keys(jobs)).toContain(job.needs);
      for (const { uses } of job.steps ?? []) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+/);
    }
  });

  it("may write nothing but what a job asks for", () => {
    expect(workflow(name).permissions).toEqual({ contents: "read" });
  });
});

describe("a release", () => {
  const { on, jobs } = workflow("release.yml");

  it("comes of a tag that is the package's version, after everything that CI runs", () => {
    expect(on).toEqual({ push: { tags: ["v*"] } });
    expect(JSON.stringify(jobs.version)).toContain("GITHUB_REF_NAME");
    expect(jobs.check).toMatchObject({ needs: "version", uses: "./.github/workflows/ci.yml" });
    expect(jobsOf("ci.yml").flatMap((job) => job.steps?.map((step) => step.run))).toContain(".ci/run");
  });

  it("is published with provenance", () => {
    expect(jobs.publish?.needs).toBe("check");
    expect(jobs.publish?.permissions).toEqual({ contents: "read", "id-token": "write" });
    expect(jobs.publish?.steps?.at(-1)?.run).toBe("npm publish --provenance --access public");
  });
});

it("CI runs on the Debian and the Node.js that .ci/run is written for", () => {
  const version = readFileSync(join(ROOT, ".node-version"), "utf8").trim();
  expect(jobsOf("ci.yml").map((job) => job.container)).toEqual([`node:${version}-bookworm`]);
});

it("a report of a bug has to name modem, firmware, port and versions", () => {
  const required = read<IssueForm>("ISSUE_TEMPLATE", "bug.yml").body.filter((field) => field.validations?.required);
  expect(required.map((field) => field.id)).toEqual(expect.arrayContaining(["modem", "port", "versions"]));
});

it("every form and setting of .github is YAML that GitHub could read", () => {
  for (const name of readdirSync(join(GITHUB, "ISSUE_TEMPLATE"))) {
    if (name === "config.yml") continue;
    expect(read<IssueForm>("ISSUE_TEMPLATE", name), name).toMatchObject({ name: /./, body: expect.any(Array) });
  }
  expect(read("ISSUE_TEMPLATE", "config.yml")).toHaveProperty("contact_links");
  expect(read("dependabot.yml")).toMatchObject({ version: 2 });
});

it(".editorconfig indents as Biome formats", () => {
  const { formatter } = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8"));
  const text = readFileSync(join(ROOT, ".editorconfig"), "utf8");
  expect(text).toMatch(new RegExp(`^indent_style = ${formatter.indentStyle}$`, "m"));
  expect(text).toMatch(new RegExp(`^indent_size = ${formatter.indentWidth}$`, "m"));
  expect(text).toMatch(new RegExp(`^max_line_length = ${formatter.lineWidth}$`, "m"));
});
