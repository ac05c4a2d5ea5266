// What Engines needs from C: opening engine libraries at run time, and one glibc call that Swift cannot import.

#ifndef CENGINES_H
#define CENGINES_H

#include "slipway_memory.h"
#include "slipway_onnxruntime.h"
#include "slipway_open.h"
#include "slipway_openvino.h"

#endif
