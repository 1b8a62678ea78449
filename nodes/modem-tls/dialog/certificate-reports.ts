import { STORED } from "../../common/editor/dialog-property";
import { sharedText } from "../../common/editor/texts";
import {
  CERTIFICATES_PATH,
  type CertificateAnswer,
  type CertificateQuestion,
  type CertificateReport,
  EXPIRY_WARNING_DAYS,
} from "../types";

type Field = keyof CertificateAnswer;

/** Delay after the last keystroke before the editor asks the gateway. */
const TYPING_PAUSE_MS = 400;

/** Shows below each field what the gateway finds in it: when the dialog opens and after each change. */
export function showCertificateReports(
  id: string,
  fields: Readonly<Record<Field | "keyPassword", JQuery>>,
  reports: Readonly<Record<Field, JQuery>>,
): void {
  let timer: number | undefined;
  let asked = "";
  const ask = async () => {
    const body = question(id, fields);
    if (body === asked) return;
    asked = body;
    const answer = await post(body);
    // The fields have changed since: this answer is out of date.
    if (body !== asked) return;
    for (const [field, report] of Object.entries(reports)) {
      if (answer === undefined) report.text(sharedText("certificate.unchecked"));
      else show(report, answer[field as Field]);
    }
  };
  for (const field of Object.values(fields)) {
    field.on("change input", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void ask(), TYPING_PAUSE_MS);
    });
  }
  void ask();
}

/** Without stored secrets: the server uses its own copy. */
function question(id: string, fields: Readonly<Record<string, JQuery>>): string {
  const values = Object.entries(fields).map(([name, field]) => [name, String(field.val() ?? "")] as const);
  const given = Object.fromEntries(values.filter(([, value]) => value !== STORED));
  return JSON.stringify({ id, ...given } satisfies CertificateQuestion);
}

async function post(data: string): Promise<CertificateAnswer | undefined> {
  try {
    return await $.ajax({ url: CERTIFICATES_PATH, method: "POST", contentType: "application/json", data });
  } catch {
    return undefined;
  }
}

/** As text only: anyone can choose the names in a certificate. */
function show(element: JQuery, report: CertificateReport | undefined): void {
  element.empty();
  if (report === undefined) return;
  const facts = [report.subject, validity(report), report.algorithm].filter((fact) => fact !== undefined);
  $("<div>").text(facts.join(" · ")).appendTo(element);
  const problem = report.problem ?? ending(report.daysLeft);
  if (problem !== undefined) $("<div>", { class: "cellular-modem-problem" }).text(problem).appendTo(element);
}

function ending(daysLeft: number | undefined): string | undefined {
  if (daysLeft === undefined || daysLeft > EXPIRY_WARNING_DAYS) return undefined;
  return sharedText(daysLeft < 0 ? "certificate.over" : "certificate.soon");
}

function validity({ expires, daysLeft }: CertificateReport): string | undefined {
  if (expires === undefined) return undefined;
  const date = expires.slice(0, 10);
  if (daysLeft === undefined) return sharedText("certificate.until", { date });
  if (daysLeft < 0) return sharedText("certificate.expired", { date, days: -daysLeft });
  return sharedText("certificate.daysLeft", { date, days: daysLeft });
}
