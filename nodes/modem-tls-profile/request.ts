import {
  CERTIFICATE_KINDS,
  type CertificateKind,
  type CertificateSource,
  type SecurityProfile,
} from "../../driver/services/security/security";
import { invalid } from "../common/errors";
import { CERTIFICATE_NAME_LENGTH } from "../common/limits";
import { isEmpty, optionalBytes, optionalChoice, optionalText, requiredText } from "../common/message/input";
import type { Message, TlsNode } from "../common/types";
import { type SessionRequest, sessionRequest } from "./session";
import { type ModemTlsProfileProperties, TLS_PROFILE_ACTIONS, type TlsProfileAction } from "./types";

type Action = Exclude<TlsProfileAction, "msg">;

interface Named {
  readonly kind: CertificateKind;
  readonly name: string;
}

/** The config node chosen in the dialog, and its profile for this modem. */
export interface Security {
  readonly tls: TlsNode;
  readonly profile: SecurityProfile;
}

/** A checked request: what to do and with what. */
export type TlsProfileRequest =
  | { readonly action: "list" }
  | ({ readonly action: "apply" } & Security)
  | ({ readonly action: "import"; readonly source: CertificateSource } & Named)
  | ({ readonly action: "remove" | "hash" } & Named)
  | ({ readonly action: "session" } & Security & SessionRequest);

const ACTIONS = TLS_PROFILE_ACTIONS.filter((action): action is Action => action !== "msg");
/** Only a key can be encrypted. */
const KINDS_WITH_PASSWORD: readonly CertificateKind[] = ["key"];

/**
 * @param security called for the actions that need one
 * @throws {ModemError} `INVALID_INPUT`
 */
export function tlsProfileRequest(
  properties: ModemTlsProfileProperties,
  message: Message,
  security: (action: Action) => Security,
): TlsProfileRequest {
  const action = requestedAction(properties, message);
  switch (action) {
    case "list":
      return { action };
    case "apply":
      return { action, ...security(action) };
    case "import": {
      const named = certificate(message);
      return { action, ...named, source: source(message, named.kind) };
    }
    case "remove":
    case "hash":
      return { action, ...certificate(message) };
    case "session":
      return { action, ...security(action), ...sessionRequest(message.payload) };
  }
}

function requestedAction(properties: ModemTlsProfileProperties, message: Message): Action {
  const chosen = optionalChoice(properties.action, "action", TLS_PROFILE_ACTIONS) ?? "msg";
  if (chosen !== "msg") return chosen;
  const asked = optionalChoice(message.action, "msg.action", ACTIONS);
  if (asked === undefined) throw invalid("msg.action", `is missing: it must be one of ${ACTIONS.join(", ")}`);
  return asked;
}

function certificate(message: Message): Named {
  const kind = optionalChoice(message.kind, "msg.kind", CERTIFICATE_KINDS);
  if (kind === undefined) throw invalid("msg.kind", `is missing: it must be one of ${CERTIFICATE_KINDS.join(", ")}`);
  return {
    kind,
    name: quotableText(requiredText(message.certificateName, "msg.certificateName"), "msg.certificateName"),
  };
}

/** What a quoted field of a command can carry; the model may accept less. */
function quotableText(text: string, field: string): string {
  if (!/^[\x20-\x7e]*$/.test(text) || text.includes('"')) {
    throw invalid(field, "may hold printable ASCII characters only, and no quotation marks");
  }
  if (text.length > CERTIFICATE_NAME_LENGTH)
    throw invalid(field, `has ${text.length} characters; at most ${CERTIFICATE_NAME_LENGTH} are allowed`);
  return text;
}

/** The bytes in the message, otherwise the name of a file on the modem. */
function source(message: Message, kind: CertificateKind): CertificateSource {
  const password = KINDS_WITH_PASSWORD.includes(kind) ? optionalText(message.password, "msg.password") : undefined;
  const secret = password === undefined ? {} : { password };
  const content = isEmpty(message.payload) ? undefined : optionalBytes(message.payload, "msg.payload");
  if (content !== undefined && content.length > 0) return { content, ...secret };
  const file = optionalText(message.filename, "msg.filename");
  if (file === undefined) {
    throw invalid("msg.payload", "is missing: send PEM text, DER, or msg.filename for a file on the modem");
  }
  return { file: quotableText(file, "msg.filename"), ...secret };
}
