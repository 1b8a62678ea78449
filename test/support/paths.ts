import { join } from "node:path";

/** The package's own folder. */
export const ROOT = join(__dirname, "..", "..");

const FIXTURES = join(ROOT, "test", "fixtures");
/** Certificates and keys, by file name. */
export const TLS_FIXTURES = join(FIXTURES, "tls");
/** The printed exchanges of the vendor guides. */
export const TRANSCRIPTS = join(FIXTURES, "transcripts");
