/** Turns an `<ol>` into a list of names that can be typed or picked. */
export function showNameList(
  list: JQuery,
  names: readonly string[],
  options: { readonly label: string; readonly suggestions: readonly string[]; isValid(name: string): boolean },
): void {
  list.editableList<{ name?: string }>({
    height: "auto",
    removable: true,
    sortable: true,
    addItem(row, _index, data) {
      const input = $("<input>", { type: "text", class: "cellular-modem-name", "aria-label": options.label })
        .val(data.name ?? "")
        .appendTo(row);
      const mark = () => {
        const name = String(input.val()).trim();
        input.toggleClass("input-error", name !== "" && !options.isValid(name));
      };
      input.on("change input", mark);
      mark();
      input.autoComplete({ minLength: 1, search: (typed, done) => done(matches(typed, options.suggestions)) });
    },
  });
  list.editableList(
    "addItems",
    names.map((name) => ({ name })),
  );
}

/** The names in the dialog, without empty rows. */
export function readNameList(list: JQuery): string[] {
  const names = list.find(".cellular-modem-name").toArray();
  return names.map((input) => String($(input).val()).trim()).filter((name) => name !== "");
}

function matches(typed: string, suggestions: readonly string[]): { value: string; label: JQuery }[] {
  const wanted = typed.trim().toUpperCase();
  return suggestions
    .filter((name) => name.includes(wanted))
    .map((name) => ({ value: name, label: $("<div>").text(name) }));
}
