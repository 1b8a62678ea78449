import { STORED } from "../../common/editor/dialog-property";
import { sharedText } from "../../common/editor/texts";
import { toPem } from "./pem";

/**
 * Adds an upload button below the text area of a certificate or key. A stored key is not shown: a line says that there
 * is one, and its button clears the field for another key or none.
 */
export function showPemField(area: JQuery): void {
  const row = $("<div>", { class: "cellular-modem-pem-row" }).insertAfter(area);
  const problem = $("<div>", { class: "cellular-modem-problem", role: "alert" });
  $("<button>", { type: "button", class: "red-ui-button red-ui-button-small" })
    .append($("<i>", { class: "fa fa-upload" }), document.createTextNode(` ${sharedText("certificate.upload")}`))
    .on("click", () => file.trigger("click"))
    .appendTo(row);
  const file = $("<input>", {
    type: "file",
    class: "cellular-modem-file",
    "aria-label": sharedText("certificate.upload"),
  })
    .on("change", async function () {
      const [chosen] = (this as HTMLInputElement).files ?? [];
      if (chosen === undefined) return;
      const pem = toPem(new Uint8Array(await chosen.arrayBuffer()));
      problem.text(pem === undefined ? sharedText("certificate.notOne", { file: chosen.name }) : "");
      // So that choosing the same file again, edited meanwhile, counts as a change.
      (this as HTMLInputElement).value = "";
      if (pem !== undefined) area.val(pem).trigger("change");
    })
    .appendTo(row);
  // Its own button can't be styled; the one above replaces it.
  file.hide();
  row.append(problem);
  if (area.val() === STORED) hideStored(area);
}

function hideStored(area: JQuery): void {
  const row = $("<div>", { class: "cellular-modem-stored" }).insertBefore(area);
  const show = () => {
    row.remove();
    area.show();
  };
  $("<span>").text(sharedText("certificate.stored")).appendTo(row);
  $("<button>", { type: "button", class: "red-ui-button red-ui-button-small" })
    .append($("<i>", { class: "fa fa-trash" }), document.createTextNode(` ${sharedText("certificate.remove")}`))
    .on("click", () => {
      area.val("").trigger("change");
      show();
      area.trigger("focus");
    })
    .appendTo(row);
  area.hide();
  area.on("change", () => {
    if (area.val() !== STORED) show();
  });
}
