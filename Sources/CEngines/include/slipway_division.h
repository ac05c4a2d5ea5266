// Integer divisions that a processor refuses.

#ifndef SLIPWAY_DIVISION_H
#define SLIPWAY_DIVISION_H

/// From now on, an integer division in a library whose result is no number of its type does not end the process.
///
/// x86 processors raise a fault where the divisor is 0, and where the smallest number is divided by -1; engines look for
/// the first and not for the second (ONNX Runtime 1.31), so that one request can end a server. The result becomes what
/// ARM processors give: the smallest number itself with remainder 0, else 0. Divisions of the program's own code fault as
/// before. Repeatable. Does nothing on other processors, which do not fault.
void slipway_survive_divisions(void);

#endif
