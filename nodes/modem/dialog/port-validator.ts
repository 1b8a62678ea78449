import { kindOfPort, portProblem } from "../../../driver/transport/port-text";
import { checkPort, parsePort } from "../../../simulator/port-text";
import { models } from "../../common/editor/models";
import { sharedText } from "../../common/editor/texts";
import { isBlank, type Validator, validator } from "../../common/editor/validators";

/** A serial path, `tcp://host:port` or `sim:MODEL?options`, by the rules of the runtime. */
export function port(): Validator {
  return validator((value) => {
    if (isBlank(value)) return sharedText("validation.required");
    const text = String(value).trim();
    const problem = portProblem(text);
    if (problem !== undefined) return sharedText(`validation.port.${problem}`);
    return kindOfPort(text) === "simulated" ? simulated(text) : true;
  });
}

function simulated(text: string): true | string {
  const names = models().map(({ name }) => name);
  try {
    checkPort(text, names.length === 0 ? [parsePort(text).model] : names);
    return true;
  } catch (error) {
    return sharedText("validation.port.simulated", { reason: (error as Error).message });
  }
}
