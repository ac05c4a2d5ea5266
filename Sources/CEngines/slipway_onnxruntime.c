#include "slipway_onnxruntime.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// What `OrtGetApiBase` returns.
typedef struct {
    const void *(*GetApi)(uint32_t version);
    const char *(*GetVersionString)(void);
} api_base;

// The table version a library offers is the minor number of its own; asking for more makes it print to stderr.
static int offers_api(const char *version) {
    const char *dot = strchr(version, '.');
    if (dot == NULL) return 0;
    return strtol(version, NULL, 10) > 1 || strtol(dot + 1, NULL, 10) >= SLIPWAY_ORT_API_VERSION;
}

slipway_open_result slipway_ort_open(const char *path, slipway_ort *library, const char **detail) {
    memset(library, 0, sizeof *library);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        *detail = dlerror();
        return SLIPWAY_CANNOT_LOAD;
    }
    const api_base *(*get_base)(void) = (const api_base *(*)(void))dlsym(handle, "OrtGetApiBase");
    if (get_base == NULL) {
        *detail = "it has no function OrtGetApiBase";
        return SLIPWAY_INCOMPATIBLE;
    }
    const api_base *base = get_base();
    library->version = base->GetVersionString();
    void *const *table = offers_api(library->version) ? base->GetApi(SLIPWAY_ORT_API_VERSION) : NULL;
    if (table == NULL) {
        *detail = "it is older than 1.15";
        return SLIPWAY_INCOMPATIBLE;
    }
#define FILL(number, result, name, parameters) *(void **)&library->name = table[number];
    SLIPWAY_ORT_SLOTS(FILL)
#undef FILL
    return SLIPWAY_OPENED;
}
