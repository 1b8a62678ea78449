// Reads a test run's report: "PASSED FAILED" to standard output, each test that failed and why to standard error.
// What was skipped counts as failed: the caller demands everything (REQUIRE_ALL).
import { readFileSync } from "node:fs";

const SHOWN_LINES = 12;
const SHOWN_COLUMNS = 300;

const [run, path] = process.argv.slice(2);
const report = JSON.parse(readFileSync(path, "utf8"));

function tell(what, messages) {
  const lines = messages.flatMap((message) => message.split("\n")).slice(0, SHOWN_LINES);
  console.error(
    [`${run}: ${what}`, ...lines.map((line) => `    ${line}`)].map((line) => line.slice(0, SHOWN_COLUMNS)).join("\n"),
  );
}

let failed = 0;
for (const file of report.testResults) {
  const broken = file.assertionResults.filter((test) => test.status !== "passed");
  for (const test of broken)
    tell(`${file.name}: ${test.fullName} (${test.status}, ${Math.round(test.duration ?? 0)} ms)`, test.failureMessages);
  failed += broken.length;
  if (file.status === "failed" && broken.length === 0) {
    tell(`${file.name} could not be run`, [file.message ?? ""]);
    failed += 1;
  }
}
console.log(report.numPassedTests, failed);
