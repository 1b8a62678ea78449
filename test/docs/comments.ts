import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { ROOT } from "../support/paths";

/** A comment in one piece, however it is laid out. */
export interface Comment {
  /** Path from the package's own folder, with `/`. */
  readonly file: string;
  readonly line: number;
  /** Without slashes, stars and line breaks. */
  readonly text: string;
}

/** Comments of all TypeScript below these folders; of what explains a command in tests also its `source`. */
export function commentsBelow(...folders: string[]): Comment[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
      .filter((path) => /\.m?ts$/.test(path))
      .sort()
      .flatMap((file) => commentsOf(file, readFileSync(join(ROOT, file), "utf8"))),
  );
}

/** Lines of `//` that follow each other are one comment. */
export function commentsOf(file: string, source: string): Comment[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number) => tree.getLineAndCharacterOfPosition(position).line + 1;
  const { comments: ranges, sources } = collect(tree, source);
  const comments: (Comment & { readonly end: number; readonly block: boolean })[] = [];
  for (const { pos, end, kind } of [...ranges.values()].sort((a, b) => a.pos - b.pos)) {
    const block = kind === ts.SyntaxKind.MultiLineCommentTrivia;
    const comment = { file, line: lineOf(pos), end: lineOf(end), block, text: plain(source.slice(pos, end)) };
    const before = comments.at(-1);
    if (before === undefined || block || before.block || before.end !== comment.line - 1) comments.push(comment);
    else comments.splice(-1, 1, { ...before, end: comment.end, text: `${before.text} ${comment.text}` });
  }
  return [
    ...comments.map(({ line, text }) => ({ file, line, text })),
    ...sources.map((node) => ({ file, line: lineOf(node.getStart()), text: node.text })),
  ];
}

function collect(tree: ts.SourceFile, source: string) {
  const comments = new Map<number, ts.CommentRange>();
  const sources: ts.StringLiteral[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.JSDoc) return;
    // Text of a template may look like a comment.
    const inTemplate = node.kind === ts.SyntaxKind.TemplateMiddle || node.kind === ts.SyntaxKind.TemplateTail;
    const leading = inTemplate ? [] : (ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []);
    const trailing = ts.getTrailingCommentRanges(source, node.getEnd()) ?? [];
    for (const range of [...leading, ...trailing]) comments.set(range.pos, range);
    if (ts.isPropertyAssignment(node) && node.name.getText() === "source" && ts.isStringLiteral(node.initializer))
      sources.push(node.initializer);
    for (const child of node.getChildren()) visit(child);
  };
  visit(tree);
  return { comments, sources };
}

function plain(comment: string): string {
  return comment
    .replace(/^\/\*+|\*\/$|^\/\/+/g, "")
    .replace(/\n\s*\*+ ?/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
