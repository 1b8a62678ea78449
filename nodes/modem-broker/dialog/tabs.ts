/** As the core node's dialog has them. */
const TABS = ["connection", "security", "messages"] as const;

/** What the editor's published types leave out: the first tab shows, and a place need not be named. */
interface TabBar {
  addTab(tab: { readonly id: string; readonly label: string }): void;
  resize(): void;
}

/** @param label of a tab, in the language of the editor */
export function showTabs(bar: JQuery, label: (name: (typeof TABS)[number]) => string): void {
  const idOf = (name: string) => `cellular-modem-broker-${name}`;
  const tabs = RED.tabs.create({
    element: bar,
    onchange: (tab) => {
      $(".cellular-modem-tab").hide();
      $(`#${(tab as unknown as { id: string }).id}`).show();
    },
  }) as unknown as TabBar;
  for (const name of TABS) tabs.addTab({ id: idOf(name), label: label(name) });
  // The dialog has no width yet.
  setTimeout(() => tabs.resize(), 0);
}
