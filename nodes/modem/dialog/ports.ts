import { models } from "../../common/editor/models";
import { sharedText } from "../../common/editor/texts";
import { PORTS_PATH, type PortChoice } from "../types";

/** With a minimum length of 0, this key shows the whole list. */
const DOWN_ARROW = 40;

/** Completes the field with the gateway's ports and the simulated modems; any other text can be typed. */
export function offerPorts(input: JQuery, button: JQuery): void {
  let all = false;
  const found = loadPorts();
  input.autoComplete({
    minLength: 0,
    search(value, done) {
      const wanted = all ? "" : value.toLowerCase();
      all = false;
      // Text from a device's USB descriptor must not become HTML.
      void found.then((ports) =>
        done(
          ports
            .filter(({ label }) => label.toLowerCase().includes(wanted))
            .map(({ path, label }) => ({ value: path, label: $("<div>").text(label) })),
        ),
      );
    },
  });
  button.on("click", (event) => {
    event.preventDefault();
    all = true;
    input.trigger($.Event("keyup", { keyCode: DOWN_ARROW }));
  });
}

async function loadPorts(): Promise<PortChoice[]> {
  // Every gateway has these.
  const simulated = models().map(({ name: model }) => ({
    path: `sim:${model}`,
    label: `sim:${model} (${sharedText("modem.simulated", { model })})`,
  }));
  try {
    const ports: PortChoice[] = await $.getJSON(PORTS_PATH);
    return [...ports, ...simulated];
  } catch {
    return simulated;
  }
}
