// The two kinds of loop behind one type.

#ifndef LIMIT_LOOP_H
#define LIMIT_LOOP_H

#include "CEngineLimit.h"

struct limit_loop {
    const char *(*run)(limit_loop *, size_t times);
};

#endif
