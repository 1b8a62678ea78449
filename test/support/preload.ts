/**
 * For tests whose clock runs fast: what the driver loads with the first port, the first `sim:` port and the first modem
 * of a vendor is there before, since the time that takes would count as minutes.
 */
import "../../driver/life/sessions";
import "../../driver/quectel/driver";
import "../../driver/ublox/driver";
import "../../simulator/faces/in-process";
