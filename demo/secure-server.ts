import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { join } from "node:path";

const file = (name: string) => readFileSync(join(__dirname, "certificates", name));

/** Sessions that the server keeps for clients without tickets. */
const MOST_SESSIONS = 100;

/**
 * The demo's HTTPS server, with a certificate of the demo's CA. It asks for a client certificate but does not need one.
 * Its session tickets stay valid after it ends, so that a flow can show what survives a restart of everything.
 */
export function secureServer(): Server {
  const key = file("server.key.pem");
  const server = createServer({
    key,
    cert: file("server.cert.pem"),
    ca: file("ca.cert.pem"),
    requestCert: true,
    rejectUnauthorized: false,
    // By default both are new in each process, which would make the earlier process's sessions useless.
    ticketKeys: createHash("sha384").update(key).digest(),
    sessionIdContext: "demo",
  });
  const sessions = new Map<string, Buffer>();
  server.on("newSession", (id: Buffer, data: Buffer, done: () => void) => {
    const [oldest] = sessions.keys();
    if (sessions.size >= MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    sessions.set(id.toString("hex"), data);
    done();
  });
  server.on("resumeSession", (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
    done(null, sessions.get(id.toString("hex")) ?? null);
  });
  return server;
}
