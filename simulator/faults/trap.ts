/** Something that goes wrong the next time, or each time while it lasts. */
export class Trap<T = undefined> {
  #set: { readonly what: T; readonly lasts: boolean } | undefined;

  arm(what: T, lasts: boolean): void {
    this.#set = { what, lasts };
  }

  disarm(): void {
    this.#set = undefined;
  }

  /** What to do now, if it goes wrong now. */
  take(): { readonly what: T } | undefined {
    const set = this.#set;
    if (set?.lasts === false) this.#set = undefined;
    return set;
  }
}
