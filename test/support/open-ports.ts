import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Of a TCP socket that listens, as Linux writes it; a UDP socket that is bound and not connected has the second. */
const OPEN = { tcp: "0A", udp: "07" } as const;

/** The ports that a process of this machine has open for others, such as `tcp 1880`; undefined where Linux is missing. */
export function openPorts(pid: number): string[] | undefined {
  if (process.platform !== "linux") return undefined;
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => inode(`/proc/${pid}/fd/${fd}`)));
  const rows = Object.entries(OPEN).flatMap(([protocol, state]) =>
    ["", "6"].flatMap((version) =>
      table(`/proc/${pid}/net/${protocol}${version}`)
        .filter((fields) => fields[3] === state && inodes.has(fields[9]))
        .map(([, local = ""]) => `${protocol} ${Number.parseInt(local.split(":")[1] ?? "", 16)}`),
    ),
  );
  return rows.sort();
}

function inode(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    return undefined; // closed in the meantime
  }
}

function table(path: string): string[][] {
  const lines = readFileSync(path, "utf8").trim().split("\n").slice(1);
  return lines.map((line) => line.trim().split(/\s+/));
}
