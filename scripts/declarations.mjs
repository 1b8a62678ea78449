// Type declarations of the driver's public face. The compiler checks everything that is shipped on the way, so that no
// build passes with a type error.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const RELATIVE_IMPORT = /(?:from|import\()\s*"(\.[^"]+)"/g;

/**
 * Writes the declarations of `entry` and of what they lead to, and nothing else, below dist/.
 *
 * @param root the package's folder @param entry path of a source, relative to it
 * @throws {Error} with what the compiler says, if it says anything
 */
export function emitDeclarations(root, entry) {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.build.json"), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (problem) => fail(root, [problem]),
  });
  const program = ts.createProgram(config.fileNames, config.options);
  const problems = [...config.errors, ...ts.getPreEmitDiagnostics(program)];
  if (problems.length > 0) fail(root, problems);
  const wanted = [join(root, entry)];
  // The list grows while it is walked: a declaration leads to others.
  for (const source of wanted) {
    for (const imported of emitOne(program, source)) if (!wanted.includes(imported)) wanted.push(imported);
  }
}

/** Writes the declaration of one source; returns the sources that it imports. */
function emitOne(program, path) {
  const imported = [];
  program.emit(
    program.getSourceFile(path),
    (file, text) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      for (const [, name] of text.matchAll(RELATIVE_IMPORT)) imported.push(`${join(dirname(path), name)}.ts`);
    },
    undefined,
    true,
  );
  return imported;
}

function fail(root, problems) {
  const host = {
    getCanonicalFileName: (name) => relative(root, name),
    getCurrentDirectory: () => root,
    getNewLine: () => "\n",
  };
  throw new Error(ts.formatDiagnosticsWithColorAndContext(problems, host));
}
