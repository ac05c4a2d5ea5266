#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CEngines.h"
#include "limit_loop.h"

// What kernels may read past the end of a tensor, and where tensors have to begin.
enum { MARGIN = 128, ALIGNMENT = 64 };

typedef struct {
    limit_loop base;
    slipway_litert api;
    LiteRtCompiledModelT *compiled;
    LiteRtTensorBufferT *input, *output;
    const void *made;
    float *wanted;
    size_t wanted_bytes;
} litert_loop;

static const char *run(limit_loop *base, size_t times) {
    litert_loop *loop = (litert_loop *)base;
    for (size_t i = 0; i < times; i++) {
        if (loop->api.RunCompiledModel(loop->compiled, 0, 1, &loop->input, 1, &loop->output) != 0)
            return "the run failed";
    }
    memcpy(loop->wanted, loop->made, loop->wanted_bytes);
    return NULL;
}

static void *contents(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
    long size = ftell(file);
    void *bytes = size <= 0 ? NULL : aligned_alloc(ALIGNMENT, ((size_t)size / ALIGNMENT + 1) * ALIGNMENT);
    rewind(file);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) return NULL;
    fclose(file);
    *length = (size_t)size;
    return bytes;
}

// A matrix of FP32 in memory with room behind it.
static LiteRtTensorBufferT *matrix(const litert_loop *loop, int64_t rows, int64_t columns, void **memory) {
    size_t bytes = (size_t)(rows * columns) * sizeof(float);
    *memory = aligned_alloc(ALIGNMENT, ((bytes + MARGIN) / ALIGNMENT + 1) * ALIGNMENT);
    if (*memory == NULL) return NULL;
    litert_tensor_type type = {.element_type = 1, .layout = {.rank_and_strides = 2}};
    type.layout.dimensions[0] = (int32_t)rows;
    type.layout.dimensions[1] = (int32_t)columns;
    LiteRtTensorBufferT *buffer = NULL;
    return loop->api.CreateTensorBufferFromHostMemory(&type, *memory, bytes, NULL, &buffer) == 0 ? buffer : NULL;
}

limit_loop *limit_litert(const limit_task *task, const char **fault) {
    litert_loop *loop = calloc(1, sizeof *loop);
    slipway_litert *api = &loop->api;
    if (slipway_litert_open(task->library, api, fault) != SLIPWAY_OPENED) return NULL;
    LiteRtEnvironmentT *environment;
    LiteRtModelT *model;
    size_t length;
    void *file = contents(task->model, &length), *given, *made;
    *fault = "the library does not take the model";
    if (file == NULL || slipway_litert_environment(api, &environment) != 0 ||
        api->CreateModelFromBuffer(environment, file, length, &model) != 0 ||
        slipway_litert_compile(api, environment, model, 1, &loop->compiled) != 0)
        return NULL;
    loop->input = matrix(loop, task->rows, task->input_columns, &given);
    loop->output = matrix(loop, task->rows, task->output_columns, &made);
    *fault = "no buffers can be made";
    if (loop->input == NULL || loop->output == NULL) return NULL;
    memcpy(given, task->input, (size_t)(task->rows * task->input_columns) * sizeof(float));
    loop->made = made;
    loop->wanted = task->output;
    loop->wanted_bytes = (size_t)(task->rows * task->output_columns) * sizeof(float);
    loop->base.run = run;
    return &loop->base;
}
