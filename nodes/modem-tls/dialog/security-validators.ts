import { credential, STORED, type ValidatedNode } from "../../common/editor/dialog-property";
import { sharedText } from "../../common/editor/texts";
import { type Check, isAddress, isBlank, type Validator, validator } from "../../common/editor/validators";
import { withoutBlanks } from "../../common/message/blanks";
import { asciiHost } from "../../common/message/host-name";
import { isCipherSuiteName } from "../cipher-suites";

/** Characters of a text, hexadecimal digits of a key in hex. */
export interface SecretLimits {
  readonly text: number;
  readonly hex: number;
}

/** One or more PEM texts, a path on the gateway, a stored key, or nothing. */
export function pemOrPath(): Validator {
  return validator(checkPem);
}

const checkPem: Check = (value) => {
  const text = String(value ?? "").trim();
  if (text.includes("-----BEGIN")) return /-----END [A-Z0-9 ]+-----/.test(text) || sharedText("validation.pemEnd");
  return !text.includes("\n") || sharedText("validation.pem");
};

/** As `pemOrPath`, and required if the dialog's field `other` is filled in: a certificate and its key. */
export function pemOrPathWith(other: string): Validator {
  return validator((value) => {
    if (isBlank(value) && !isBlank(inDialog(other))) return sharedText("validation.keyPair");
    return checkPem(value);
  });
}

/** As the fields say while the dialog is open: hangs on a property without a field, since these are not looked at later. */
export function credentialPairs(): Validator {
  return function (this: ValidatedNode, _value: unknown, _options: unknown) {
    const isHalf = (one: string, other: string) => (credential(this, one) === "") !== (credential(this, other) === "");
    if (isHalf("cert", "key")) return sharedText("validation.keyPair");
    return !isHalf("psk", "pskIdentity") || sharedText("validation.sharedKey");
  } as unknown as Validator;
}

export function cipherSuiteNames(): Validator {
  return validator((value) => {
    const wrong = Array.isArray(value) ? value.find((name) => !isCipherSuiteName(String(name))) : undefined;
    return wrong === undefined || sharedText("validation.cipherSuite", { name: String(wrong) });
  });
}

/** A host name by the rules of the runtime, or nothing. */
export function hostName({ orAddress }: { readonly orAddress: boolean }): Validator {
  return validator((value) => {
    if (isBlank(value)) return true;
    const name = asciiHost(withoutBlanks(String(value)));
    if (name === undefined) return sharedText("validation.hostName");
    return orAddress || !isAddress(name) || sharedText("validation.noAddress");
  });
}

/** A pre-shared key or its identity, in the form chosen in the field `format`; `other` is its counterpart. */
export function sharedSecret(other: string, format: string, limits: SecretLimits): Validator {
  return validator((value) => {
    if (isBlank(value)) return isBlank(inDialog(other)) || sharedText("validation.sharedKey");
    if (value === STORED) return true;
    const text = String(value);
    const isHex = inDialog(format) === "hex";
    const max = isHex ? limits.hex : limits.text;
    if (text.length > max) return sharedText("validation.tooLong", { max });
    if (isHex) return /^([0-9a-f]{2})+$/i.test(text) || sharedText("validation.hex");
    return /^[\x20-\x21\x23-\x7e]*$/.test(text) || sharedText("validation.quotable");
  });
}

function inDialog(name: string): unknown {
  return $(`#node-config-input-${name}`).val();
}
