#include "limit_loop.h"

const char *limit_run(limit_loop *loop, size_t times) { return loop->run(loop, times); }
