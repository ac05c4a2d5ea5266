#define _GNU_SOURCE
#include "slipway_litert.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(litert_layout) == 68 && offsetof(litert_layout, strides) == 36, "LiteRtLayout");
_Static_assert(sizeof(litert_tensor_type) == 72 && offsetof(litert_tensor_type, layout) == 4, "LiteRtRankedTensorType");
_Static_assert(sizeof(litert_option) == 24 && offsetof(litert_option, value) == 8, "LiteRtEnvOption");

slipway_open_result slipway_litert_open(const char *path, slipway_litert *library, const char **detail) {
    memset(library, 0, sizeof *library);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        *detail = dlerror();
        return SLIPWAY_CANNOT_LOAD;
    }
#define RESOLVE(result, name, parameters)                                                                              \
    *(void **)&library->name = dlsym(handle, "LiteRt" #name);                                                          \
    if (library->name == NULL) {                                                                                       \
        *detail = "LiteRt" #name;                                                                                      \
        return SLIPWAY_INCOMPATIBLE;                                                                                   \
    }
    SLIPWAY_LITERT_SYMBOLS(RESOLVE)
#undef RESOLVE
    return SLIPWAY_OPENED;
}

int32_t slipway_litert_environment(const slipway_litert *library, LiteRtEnvironmentT **out) {
    const litert_option options[] = {
        {24, {2, 1}}, // kLiteRtEnvOptionTagAutoRegisterAccelerators: kLiteRtHwAcceleratorCpu
        {25, {2, 4}}, // kLiteRtEnvOptionTagMinLoggerSeverity: kLiteRtLogSeveritySilent
    };
    return library->CreateEnvironment(sizeof options / sizeof options[0], options, out);
}

// Adds options that the library reads as lines of TOML.
static int32_t add_text(const slipway_litert *library, LiteRtOptionsT *options, const char *kind, const char *text) {
    char *copy = strdup(text);
    LiteRtOpaqueOptionsT *made = NULL;
    int32_t status = copy == NULL ? 2 : library->CreateOpaqueOptions(kind, copy, free, &made);
    if (status != 0) {
        free(copy);
        return status;
    }
    status = library->AddOpaqueOptions(options, made);
    if (status != 0) library->DestroyOpaqueOptions(made);
    return status;
}

static int32_t set_up(const slipway_litert *library, LiteRtOptionsT *options, int32_t threads) {
    char text[32];
    snprintf(text, sizeof text, "num_threads = %d\n", threads);
    int32_t status = library->SetOptionsHardwareAccelerators(options, 1);
    if (status == 0) status = add_text(library, options, "xnnpack", text);
    // Mode 2: errors are kept until somebody asks.
    if (status == 0) status = add_text(library, options, "runtime_options_string", "error_reporter_mode = 2\n");
    return status;
}

static const char announcement[] = "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n";

// Writes what is in the file to standard error, without the line that says nothing to anybody.
static void replay(FILE *file) {
    char line[4096];
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strcmp(line, announcement) == 0) continue;
        size_t length = strlen(line);
        if (write(STDERR_FILENO, line, length) != (ssize_t)length) return;
    }
}

// The first model that is compiled makes the library print a line to standard error that no option suppresses. What is
// printed meanwhile, by whomever, is kept and printed afterwards, without that line.
static int32_t compile_first(const slipway_litert *library, LiteRtEnvironmentT *environment, LiteRtModelT *model,
                             LiteRtOptionsT *options, LiteRtCompiledModelT **out) {
    FILE *file = tmpfile();
    int kept = file == NULL ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    bool turned = kept >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0;
    int32_t status = library->CreateCompiledModel(environment, model, options, out);
    if (turned && dup2(kept, STDERR_FILENO) >= 0) replay(file);
    if (kept >= 0) close(kept);
    if (file != NULL) fclose(file);
    return status;
}

int32_t slipway_litert_compile(const slipway_litert *library, LiteRtEnvironmentT *environment, LiteRtModelT *model,
                               int32_t threads, LiteRtCompiledModelT **out) {
    static atomic_flag announced = ATOMIC_FLAG_INIT;
    LiteRtOptionsT *options = NULL;
    int32_t status = library->CreateOptions(&options);
    if (status != 0) return status;
    status = set_up(library, options, threads);
    if (status == 0) {
        status = atomic_flag_test_and_set(&announced)
                     ? library->CreateCompiledModel(environment, model, options, out)
                     : compile_first(library, environment, model, options, out);
    }
    library->DestroyOptions(options);
    return status;
}
