import { vi } from "vitest";
import { losesEachAnswer } from "./matrix";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));

losesEachAnswer("LARA-R6");
