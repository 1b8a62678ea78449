import type { Call } from "../line/command";
import type { CommandError } from "../line/command-error";

/** Whole numbers, both ends included; without `fallback` the parameter can't be left out. */
export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly fallback?: number;
}

/** Quoted strings; without `fallback` the parameter can't be left out. */
export interface TextRule {
  readonly maxLength?: number;
  readonly fallback?: string;
}

/** The parameters of one command, checked as strictly as in the manuals; each service has its own refusal. */
export class Parameters {
  readonly #call: Call;
  readonly #refusal: () => CommandError;

  constructor(call: Call, refusal: () => CommandError) {
    this.#call = call;
    this.#refusal = refusal;
  }

  get count(): number {
    return this.#call.arguments.length;
  }

  /** @throws the service's refusal for fewer or more parameters than that */
  expect(least: number, most: number): this {
    if (this.count < least || this.count > most) throw this.#refusal();
    return this;
  }

  given(index: number): boolean {
    const argument = this.#call.arguments[index];
    return argument !== undefined && (argument.quoted || argument.text !== "");
  }

  number(index: number, rule: NumberRule): number {
    const argument = this.#call.arguments[index];
    if (argument === undefined || !this.given(index)) return this.#leftOut(rule.fallback);
    if (argument.quoted || !/^\d{1,10}$/.test(argument.text)) throw this.#refusal();
    const value = Number(argument.text);
    if (value < rule.min || value > rule.max) throw this.#refusal();
    return value;
  }

  text(index: number, rule: TextRule = {}): string {
    const argument = this.#call.arguments[index];
    if (argument === undefined || !this.given(index)) return this.#leftOut(rule.fallback);
    if (!argument.quoted || argument.text.length > (rule.maxLength ?? Number.POSITIVE_INFINITY)) throw this.#refusal();
    return argument.text;
  }

  /** An unquoted parameter, as written. */
  bare(index: number): string {
    const argument = this.#call.arguments[index];
    if (argument === undefined || argument.quoted || argument.text === "") throw this.#refusal();
    return argument.text;
  }

  #leftOut<T>(fallback: T | undefined): T {
    if (fallback === undefined) throw this.#refusal();
    return fallback;
  }
}
