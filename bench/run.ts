import type { BenchRow } from "./row";

/** Each file measures one thing and exports `run`. `npm run bench -- sockets latency` runs only these. */
const BENCHES = ["./turnaround", "./parser", "./download", "./sockets", "./latency", "./mqtt", "./start"] as const;

function print(rows: readonly BenchRow[]): void {
  const lines = rows.map((row) => {
    const verdict = row.ok === undefined ? "" : row.ok ? "met" : "NOT MET";
    const measured = Number.isNaN(row.value) ? "" : `${row.value.toPrecision(4)} `;
    return `| ${row.name} | ${measured}${row.unit} | ${row.bar ?? ""} | ${verdict} |`;
  });
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function main(): Promise<void> {
  process.stdout.write("| what | measured | bar | |\n| --- | --- | --- | --- |\n");
  const wanted = process.argv.slice(2);
  for (const name of BENCHES.filter((bench) => wanted.length === 0 || wanted.includes(bench.slice(2)))) {
    const bench = (await import(name)) as { run: () => Promise<BenchRow[]> };
    print(await bench.run());
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
