import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/paths";
import type { Citation, Vendor } from "./citations";
// Numbers and titles of the guides' tables of contents, with the deeper headings that those leave out.
import GUIDES from "./guide-sections.json";

const page = (name: string) => readFileSync(join(ROOT, "docs", name), "utf8");

/** Section numbers of docs/at-facts.md. */
function factSections(): Record<Vendor, ReadonlySet<string>> {
  const numbers = (vendor: string) =>
    new Set(
      [...page("at-facts.md").matchAll(new RegExp(`^### ${vendor} (\\d+(?:\\.\\d+)*) `, "gm"))].map(([, n = ""]) => n),
    );
  return { ublox: numbers("u-blox"), quectel: numbers("Quectel") };
}

/** The short names in the first column of the tables of docs/sources.md, by the heading above. */
function shortNames(): (heading: string) => ReadonlySet<string> {
  const byHeading = new Map<string, Set<string>>();
  for (const part of page("sources.md").split(/^## /m).slice(1)) {
    const heading = part.slice(0, part.indexOf("\n"));
    const cells = [...part.matchAll(/^\|([^|]*)\|/gm)].map(([, cell = ""]) => cell);
    const names = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name.toLowerCase()));
    byHeading.set(heading, new Set(names));
  }
  return (heading) => byHeading.get(heading) ?? new Set();
}

const FACTS = factSections();
const NAMES = shortNames();
const HEADINGS: Record<Vendor, string> = { ublox: "u-blox", quectel: "Quectel" };
const SHARED = ["Drivers and captures that are public", "Standards", "RFCs"];

/** Why a citation leads nowhere; undefined when it leads somewhere. */
export function problemOf({ source, vendor, sections }: Citation): string | undefined {
  if (source === "guide" || source === "AT facts") {
    if (sections.length === 0) return `names no section of ${source}`;
    if (vendor === undefined) return `does not say whose ${source} it is`;
    const known = source === "guide" ? new Set(Object.keys(GUIDES[vendor])) : FACTS[vendor];
    const missing = sections.filter((section) => !known.has(section));
    return missing.length === 0 ? undefined : `${source} of ${HEADINGS[vendor]} has no section ${missing.join(", ")}`;
  }
  const headings = [...SHARED, ...(vendor === undefined ? Object.values(HEADINGS) : [HEADINGS[vendor]])];
  const named = headings.some((heading) => NAMES(heading).has(source.toLowerCase()));
  return named ? undefined : `docs/sources.md does not name ${source}`;
}
