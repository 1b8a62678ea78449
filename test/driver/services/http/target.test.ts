import { expect, it } from "vitest";
import { requestTarget } from "../../../../driver/services/http/target";

it.each([
  ["http://a.test", "/"],
  ["http://user:pass@a.test:8080/b?c=d#e", "/b?c=d"],
  ["http://a.test/Echo?", "/Echo?"],
  ["http://a.test/Echo?#part", "/Echo?"],
  ["http://a.test/Echo#part?", "/Echo"],
  ["http://a.test/Echo??", "/Echo??"],
])("%s asks for %s", (url, target) => {
  expect(requestTarget(new URL(url))).toBe(target);
});
