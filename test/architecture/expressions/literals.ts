import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { ROOT } from "../../support/paths";

/** A regular expression of the program, and where it stands. */
export interface Literal {
  readonly place: string;
  readonly expression: Pick<RegExp, "source" | "flags">;
}

/** What is put together at run time stands here as one letter: what is known of it is only that it is a text. */
const UNKNOWN = "x";

/** Every regular expression below the folders, literals and those that `new RegExp` makes. */
export function expressionsBelow(folders: readonly string[]): Literal[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.m?[jt]s$/.test(path))
      .map((path) => join(folder, path))
      .flatMap((path) => expressionsOf(path, readFileSync(join(ROOT, path), "utf8"))),
  );
}

export function expressionsOf(path: string, text: string): Literal[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: Literal[] = [];
  const visit = (node: ts.Node): void => {
    const expression = expressionOf(node, file);
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    if (expression !== undefined) found.push({ place: `${path}:${line + 1}`, expression });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function expressionOf(node: ts.Node, file: ts.SourceFile): Literal["expression"] | undefined {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf("/");
    return { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
  }
  const isMade = (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText(file) === "RegExp";
  if (!isMade) return undefined;
  const [source, flags] = node.arguments ?? [];
  return { source: textOf(source, file), flags: flags === undefined ? "" : textOf(flags, file) };
}

/** The text of an expression that is made of constants of its file. */
function textOf(node: ts.Node | undefined, file: ts.SourceFile): string {
  if (node === undefined) return UNKNOWN;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map((span) => textOf(span.expression, file) + span.literal.text);
    return node.head.text + spans.join("");
  }
  if (!ts.isIdentifier(node)) return UNKNOWN;
  const constants = file.statements.flatMap((statement) =>
    ts.isVariableStatement(statement) ? [...statement.declarationList.declarations] : [],
  );
  const constant = constants.find(({ name }) => name.getText(file) === node.text);
  return constant === undefined ? UNKNOWN : textOf(constant.initializer, file);
}
