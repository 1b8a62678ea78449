import { ModemError } from "../errors";

export function unregistered(): ModemError {
  return new ModemError(
    "NOT_REGISTERED",
    "The modem is not registered with a network. Check antenna, SIM and coverage.",
  );
}

export function denied(): ModemError {
  return new ModemError(
    "NOT_REGISTERED",
    "The network denies registration. Check that the SIM is activated, and that its contract covers this operator and technology.",
  );
}
