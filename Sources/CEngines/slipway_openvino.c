#include "slipway_openvino.h"

#include <dlfcn.h>
#include <string.h>

slipway_open_result slipway_ov_open(const char *path, slipway_ov *library, const char **detail) {
    memset(library, 0, sizeof *library);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        *detail = dlerror();
        return SLIPWAY_CANNOT_LOAD;
    }
#define RESOLVE(result, name, parameters)                                                                              \
    *(void **)&library->name = dlsym(handle, "ov_" #name);                                                             \
    if (library->name == NULL) {                                                                                       \
        *detail = "ov_" #name;                                                                                         \
        return SLIPWAY_INCOMPATIBLE;                                                                                   \
    }
    SLIPWAY_OV_SYMBOLS(RESOLVE)
#undef RESOLVE
    return SLIPWAY_OPENED;
}

int32_t slipway_ov_set_property(const slipway_ov *library, const ov_core *core, const char *device, const char *key,
                                const char *value) {
    return library->core_set_property(core, device, key, value);
}
