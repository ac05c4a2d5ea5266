// What Engines needs from C: opening engine libraries at run time, their memory and their faults.

#ifndef CENGINES_H
#define CENGINES_H

#include "slipway_division.h"
#include "slipway_litert.h"
#include "slipway_memory.h"
#include "slipway_onnxruntime.h"
#include "slipway_open.h"
#include "slipway_openvino.h"

#endif
