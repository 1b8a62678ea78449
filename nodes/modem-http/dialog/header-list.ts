import type { HeaderRow } from "../types";

/** Turns an `<ol>` into the list of header fields; names and values are texts or properties of the message. */
export function showHeaderList(
  list: JQuery,
  rows: readonly HeaderRow[],
  labels: { name: string; value: string },
): void {
  list.editableList<Partial<HeaderRow>>({
    height: "auto",
    removable: true,
    sortable: true,
    addItem(row, _index, data) {
      const container = $("<div>", { class: "cellular-modem-header-row" }).appendTo(row);
      addPart(container, "name", labels.name, textOrProperty(data.keyType, data.keyValue));
      addPart(container, "value", labels.value, textOrProperty(data.valueType, data.valueValue));
    },
  });
  list.editableList("addItems", [...rows]);
}

/** The rows in the dialog, without those that have no name. */
export function readHeaderList(list: JQuery): HeaderRow[] {
  const rows: HeaderRow[] = [];
  list.editableList("items").each((_index, item) => {
    const name = $(item).find(".cellular-modem-header-name");
    const value = $(item).find(".cellular-modem-header-value");
    const row = {
      keyType: String(name.typedInput("type")),
      keyValue: name.typedInput("value"),
      valueType: String(value.typedInput("type")),
      valueValue: value.typedInput("value"),
    };
    if (row.keyValue.trim() !== "") rows.push(row);
  });
  return rows;
}

interface Part {
  /** A text, or a property of the message. */
  readonly type: "other" | "msg";
  readonly value: string;
}

/** The core node saves well-known names and values as the type itself. */
function textOrProperty(type: string | undefined, value: string | undefined): Part {
  if (type === "msg") return { type, value: value ?? "" };
  return { type: "other", value: (type === undefined || type === "other" ? value : type) ?? "" };
}

function addPart(container: JQuery, kind: "name" | "value", label: string, part: Part): void {
  const cell = $("<div>").appendTo(container);
  $("<input>", { type: "text", class: `cellular-modem-header-${kind}`, placeholder: label, "aria-label": label })
    .appendTo(cell)
    .typedInput({
      default: "other",
      types: [{ value: "other", label: label, icon: "red/images/typedInput/az.svg" }, "msg"],
    })
    .typedInput("type", part.type);
  const input = cell.find("input").first();
  input.typedInput("value", part.value);
  input.typedInput("width", "calc(100% - 8px)");
}
