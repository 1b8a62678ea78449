import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { MODELS } from "../../driver/models";
import { PERSONALITIES } from "../../simulator/personalities";
import { ROOT } from "../support/paths";

/** Where a vendor's own things lie. */
const VENDORS = /^(driver|simulator)\/(ublox|quectel)\//;
/** Text for people, an example in a line of help or a message: it may name a model. */
const EXAMPLES = /sim:|--model/;
/** The only files of the rest that know which models there are. */
const TABLES = ["driver/models.ts", "simulator/faults/own-names.ts", "simulator/personalities.ts"];

const names = [...new Set([...MODELS, ...PERSONALITIES].map(({ name }) => name))];
const namesModel = (text: string) => names.some((name) => text.includes(name));

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** Strings of the program that name a model; comments don't count. */
function literals(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if ((isText && !ts.isImportDeclaration(node.parent)) || ts.isRegularExpressionLiteral(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return found.filter((literal) => namesModel(literal) && !EXAMPLES.test(literal));
}

/** Files whose program depends on which models there are, by what `of` finds in each. */
function files(pattern: RegExp, of: (path: string, text: string) => boolean): string[] {
  return ["driver", "nodes", "simulator"]
    .flatMap(filesBelow)
    .filter((path) => pattern.test(path) && !VENDORS.test(path))
    .filter((path) => of(path, readFileSync(join(ROOT, path), "utf8")))
    .sort();
}

describe("of a third model", () => {
  it("only the tables would have to know, by what they import", () => {
    const imports = (_path: string, text: string) => /from "\.\.?\/(ublox|quectel)\//.test(text);
    expect(files(/\.ts$/, imports)).toEqual(TABLES);
  });

  it("no other program text has the names", () => {
    expect(files(/\.ts$/, (path, text) => literals(path, text).length > 0)).toEqual([]);
  });

  it("no dialog has the names", () => {
    expect(files(/\.html$/, (_path, text) => namesModel(text))).toEqual([]);
  });
});
