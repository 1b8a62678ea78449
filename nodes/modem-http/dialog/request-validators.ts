import { sharedText } from "../../common/editor/texts";
import { type Check, template, type Validator, validator } from "../../common/editor/validators";
import { withoutBlanks } from "../../common/message/blanks";
import type { HeaderRow } from "../types";
import { completeUrl, isHeaderName, readUrl } from "../url-text";

/** A URL by the rules of the runtime, a template for one, or nothing. */
export function httpUrl(): Validator {
  const isTemplate = template() as unknown as Check;
  return validator((value) => {
    const text = withoutBlanks(String(value ?? ""));
    if (text === "" || /\{\{|\}\}/.test(text)) return isTemplate(value);
    const url = readUrl(completeUrl(text, "http"));
    return typeof url !== "string" || sharedText(`validation.url.${url}`);
  });
}

/** Names that are texts; those of a message only the runtime knows. */
export function headerRows(): Validator {
  return validator((value) => {
    const rows: readonly HeaderRow[] = Array.isArray(value) ? value : [];
    const names = rows.flatMap(({ keyType, keyValue }) =>
      keyType === "msg" ? [] : [keyType === "other" ? keyValue : keyType],
    );
    const wrong = names.find((name) => name !== "" && !isHeaderName(name));
    return wrong === undefined || sharedText("validation.headerName", { name: wrong });
  });
}
