import { expect } from "vitest";
import { type SecureServer, startSecureServer } from "../internet/secure-server";
import { identity, pem } from "../internet/tls-servers";
import { openBench } from "./bench";
import { type Bench, command, type Setting, untilItAnswers, upload } from "./replay";

/** Values of the placeholders that the guide leaves to the reader. */
const APPLICATION_PROFILE = "0";
const SECURITY_PROFILE = "1";

const HOST = "server.example";

interface SecureBench extends Bench {
  readonly server: SecureServer;
}

/** HTTPS of that name is a server of this test. */
async function secureBench(name: string, tickets = true): Promise<SecureBench> {
  const server = await startSecureServer(identity("server"), { tickets });
  const opened = await openBench("LARA-R6", [`route=${name}:443=127.0.0.1:${server.port}`]);
  const stop = async () => {
    await opened.stop();
    await server.stop();
  };
  return { ...opened, server, stop };
}

const requests = (opened: Bench) => (opened as SecureBench).server.seen;

/** The file, with text before its armour up to that many bytes. */
function padded(name: string, length: number): string {
  const content = pem(name).toString("latin1");
  return `${"-".repeat(length - content.length - 1)}\n${content}`;
}

async function connected(opened: Bench): Promise<void> {
  await command(opened, "AT+CGACT=1,1");
}

async function importRoot(opened: Bench): Promise<void> {
  const content = pem("ca.cert").toString("latin1");
  await upload(opened, `AT+USECMNG=0,0,"root",${content.length}`, content);
}

async function checkServer(opened: Bench): Promise<void> {
  await command(opened, `AT+USECPRF=${SECURITY_PROFILE}`);
  await command(opened, `AT+USECPRF=${SECURITY_PROFILE},0,1`);
  await command(opened, `AT+USECPRF=${SECURITY_PROFILE},3,"root"`);
}

async function setServer(opened: Bench): Promise<void> {
  await command(opened, `AT+UHTTP=${APPLICATION_PROFILE},1,"${HOST}"`);
}

async function requireTls13(opened: Bench): Promise<void> {
  await command(opened, `AT+USECPRF=${SECURITY_PROFILE},1,4`);
}

/** What the scenarios of sections 3 and 10.4 take for granted. */
export const securityNeeds: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  "files ca_certificate.crt, client_certificate.crt, client_private_key.key on the file system": async (opened) => {
    const files = { "ca_certificate.crt": "ca.cert", "client_certificate.crt": "client.cert" };
    for (const [name, file] of Object.entries({ ...files, "client_private_key.key": "client.key" })) {
      const content = pem(file).toString("latin1");
      await upload(opened, `AT+UDWNFILE="${name}",${content.length}`, content);
    }
  },
  "certificates and keys imported (USECMNG)": importRoot,
  "security profile <profile_id> configured (USECPRF)": checkServer,
  "security profile configured (USECPRF)": async (opened) => {
    await importRoot(opened);
    await checkServer(opened);
  },
  "HTTP profile <app_profile> configured (UHTTP)": setServer,
  "security profile <profile_id> set to TLS 1.3": requireTls13,
};

/** A reboot between the phases: the modem must have the session from what is set, not from what it remembers. */
async function startAnew(opened: Bench): Promise<void> {
  await command(opened, "AT+CFUN=16");
  await untilItAnswers(opened);
  await connected(opened);
  await checkServer(opened);
  await setServer(opened);
}

const values = { "<app_profile>": APPLICATION_PROFILE, "<profile_id>": SECURITY_PROFILE };

/** Both phases of a kind of session; the server says whether the session was taken up. */
function phases(section: string, protocol: string, tickets: boolean): Record<string, Setting> {
  const bench = () => secureBench(HOST, tickets);
  const first = { path: "/index.html", reused: false, protocol };
  return {
    [`${section}-phase1`]: { bench, values, after: async (opened) => expect(requests(opened)).toMatchObject([first]) },
    [`${section}-phase2`]: {
      bench,
      values,
      before: async (opened) => {
        await startAnew(opened);
        if (protocol === "TLSv1.3") await requireTls13(opened);
      },
      after: async (opened) => expect(requests(opened)).toMatchObject([first, { ...first, reused: true }]),
    },
  };
}

/** Sections 3 and 10.4 of the application guide. */
export const securitySettings: Readonly<Record<string, Setting>> = {
  "3.1-certificates": {
    after: async (opened) => {
      expect(await command(opened, "AT+USECMNG=3")).toContain('CC,"client_cert","Test Client","2126/01/01 00:00:00"');
    },
  },
  "3.2-profile": {
    values: { "<SNI_address>": HOST },
    after: async (opened) => expect(await command(opened, "AT+USECPRF=0,10")).toContain(`0,10,"${HOST}"`),
  },
  "3.3-https-with-root-ca": {
    bench: () => secureBench("www.ssl_tls_test_server.com"),
    steps: { 1: { sendData: padded("ca.cert", 1516) } },
    after: async (opened) => {
      expect(requests(opened)).toMatchObject([{ path: "/" }]);
      expect(await command(opened, 'AT+URDFILE="https.resp"')).toContain("hello");
    },
  },
  ...phases("3.4.4.1", "TLSv1.2", false),
  ...phases("3.4.4.2", "TLSv1.2", false),
  ...phases("3.4.4.3", "TLSv1.2", true),
  ...phases("3.4.4.4", "TLSv1.2", true),
  ...phases("3.4.4.5", "TLSv1.3", true),
  ...phases("3.4.4.6", "TLSv1.3", true),
  "10.4-secure": {
    bench: () => secureBench(HOST),
    after: async (opened) => {
      await connected(opened);
      await command(opened, `AT+UHTTP=0,1,"${HOST}"`);
      await command(opened, 'AT+UHTTPC=0,1,"/secured","result"');
      await opened.client.expect(/\r\n\+UUHTTPCR: 0,1,1\r\n/);
      expect(requests(opened)).toMatchObject([{ path: "/secured" }]);
    },
  },
};
