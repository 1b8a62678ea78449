import type { BenchRow } from "./row";

/** Each file measures one thing and exports `run`. */
const BENCHES = ["./turnaround", "./parser", "./download"] as const;

function print(rows: readonly BenchRow[]): void {
  const lines = rows.map((row) => {
    const verdict = row.ok === undefined ? "" : row.ok ? "met" : "NOT MET";
    return `| ${row.name} | ${row.value.toPrecision(4)} ${row.unit} | ${row.bar ?? ""} | ${verdict} |`;
  });
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function main(): Promise<void> {
  process.stdout.write("| what | measured | bar | |\n| --- | --- | --- | --- |\n");
  for (const name of BENCHES) {
    const bench = (await import(name)) as { run: () => Promise<BenchRow[]> };
    print(await bench.run());
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
