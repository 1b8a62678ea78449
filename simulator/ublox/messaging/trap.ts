export { Trap } from "../../faults/trap";
