import type { Node } from "node-red";
import { isModemError } from "../../driver/errors";
import {
  type Certificate,
  checkAuthority,
  matches,
  parseCertificate,
} from "../../driver/services/security/certificate";
import type { CertificateKind } from "../../driver/services/security/security";
import { isPlainObject } from "../common/message/input";
import type { Runtime } from "../common/types";
import { readMaterial } from "./material";
import { wholeDaysUntil } from "./profile";
import type { CertificateAnswer, CertificateReport } from "./types";

/** The fields that the dialog asks about, and the kind each one is read as. */
const SUBJECTS = { ca: "ca", cert: "cert", key: "key", pinnedKey: "server" } as const satisfies Record<
  keyof CertificateAnswer,
  CertificateKind
>;
type Subject = keyof typeof SUBJECTS;

/** Characters of all fields together; room for several of the largest files. */
const QUESTION_LIMIT = 1_000_000;
/** What the editor shows in a field whose content stays on the gateway. */
const UNCHANGED = "__PWRD__";

/** Describes the certificates and keys of a dialog; never returns their content. */
export function describeCertificates(RED: Runtime, question: unknown, response: Response): void {
  if (!isPlainObject(question)) response.status(400).json({});
  else if (size(question) > QUESTION_LIMIT) response.status(413).json({});
  else response.json(certificateAnswer((name) => givenText(RED, question, name)));
}

/** What is used of the web server's. */
interface Response {
  status(code: number): Pick<Response, "json">;
  json(answer: object): unknown;
}

function size(question: Record<string, unknown>): number {
  return Object.values(question).reduce<number>((sum, text) => sum + (typeof text === "string" ? text.length : 0), 0);
}

/** From the dialog, otherwise from the stored credentials; resolves an environment variable, as at a deploy. */
function givenText(RED: Runtime, question: Record<string, unknown>, name: string): string {
  const id = typeof question.id === "string" ? question.id : "";
  const inDialog = question[name];
  const stored: unknown = (RED.nodes.getCredentials(id) as Record<string, unknown> | undefined)?.[name];
  const text = inDialog === undefined || inDialog === UNCHANGED ? stored : inDialog;
  if (typeof text !== "string") return "";
  if (!/^\$\{\S+\}$/.test(text)) return text;
  const node: Node = RED.nodes.getNode(id) ?? {};
  const value: unknown = RED.util.evaluateNodeProperty(text, "env", node, {});
  return typeof value === "string" && value !== "" ? value : text;
}

function certificateAnswer(text: (name: string) => string): CertificateAnswer {
  const parsed = new Map<Subject, Certificate>();
  const answer: Partial<Record<Subject, CertificateReport>> = {};
  const password = text("keyPassword");
  for (const subject of Object.keys(SUBJECTS) as Subject[]) {
    try {
      const content = readMaterial(text(subject), subject);
      if (content === undefined) continue;
      const certificate = parseCertificate(SUBJECTS[subject], content, { field: subject, password });
      parsed.set(subject, certificate);
      answer[subject] = report(certificate);
      if (subject === "ca") checkAuthority(certificate, subject);
    } catch (error) {
      answer[subject] = {
        ...answer[subject],
        problem: isModemError(error) ? error.message : `${subject} can't be read`,
      };
    }
  }
  const cert = parsed.get("cert");
  const key = parsed.get("key");
  if (cert !== undefined && key !== undefined && !matches(cert, key)) {
    answer.key = { ...answer.key, problem: "key does not belong to cert: their public keys differ" };
  }
  return answer;
}

function report({ subject, validFrom, expires, algorithm }: Certificate): CertificateReport {
  return {
    algorithm,
    ...(subject === undefined ? {} : { subject }),
    ...(validFrom === undefined ? {} : { validFrom: validFrom.toISOString() }),
    ...(expires === undefined ? {} : { expires: expires.toISOString(), daysLeft: wholeDaysUntil(expires.getTime()) }),
  };
}
