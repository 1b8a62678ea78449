import { type AnswerField, splitFields } from "../at/fields";
import type { Line } from "../at/line";

/**
 * Whether a line has the shape of an answer, `<n>,<stat>[,…]`, and not of a URC, `<stat>[,"<tac>",…]`.
 *
 * A state has one or two digits and no quotation marks; an area code, printed without them by some, has four or more.
 */
export function isRegistrationAnswer(line: Line): boolean {
  const [first, second] = splitFields(line);
  return isDigits(first) && isDigits(second);
}

/** Whether a field is a state or a technology. */
export function isDigits(field: AnswerField | undefined): boolean {
  return field !== undefined && !field.quoted && /^\d{1,2}$/.test(field.text);
}
