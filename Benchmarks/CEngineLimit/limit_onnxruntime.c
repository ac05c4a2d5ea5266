#include <stdlib.h>

#include "CEngines.h"
#include "limit_loop.h"

typedef struct {
    limit_loop base;
    slipway_ort api;
    OrtSession *session;
    OrtValue *input, *output;
    const char *input_name, *output_name;
} ort_loop;

static const char *run(limit_loop *base, size_t times) {
    ort_loop *loop = (ort_loop *)base;
    for (size_t i = 0; i < times; i++) {
        const OrtValue *inputs[] = {loop->input};
        OrtStatus *status = loop->api.Run(loop->session, NULL, &loop->input_name, inputs, 1, &loop->output_name, 1,
                                          &loop->output);
        if (status != NULL) return loop->api.GetErrorMessage(status);
    }
    return NULL;
}

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        OrtStatus *status = (call);                                                                                    \
        if (status != NULL) {                                                                                          \
            *fault = api->GetErrorMessage(status);                                                                     \
            return NULL;                                                                                               \
        }                                                                                                              \
    } while (0)

limit_loop *limit_onnxruntime(const limit_task *task, const char **fault) {
    ort_loop *loop = calloc(1, sizeof *loop);
    slipway_ort *api = &loop->api;
    if (slipway_ort_open(task->library, api, fault) != SLIPWAY_OPENED) return NULL;
    OrtEnv *environment;
    OrtSessionOptions *options;
    OrtMemoryInfo *memory;
    TRY(api->CreateEnv(4, "limit", &environment));
    TRY(api->CreateSessionOptions(&options));
    TRY(api->SetSessionGraphOptimizationLevel(options, 99));
    TRY(api->SetIntraOpNumThreads(options, 1));
    TRY(api->SetInterOpNumThreads(options, 1));
    TRY(api->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"));
    TRY(api->CreateSession(environment, task->model, options, &loop->session));
    TRY(api->CreateCpuMemoryInfo(1, 0, &memory));
    int64_t input_shape[] = {task->rows, task->input_columns};
    int64_t output_shape[] = {task->rows, task->output_columns};
    size_t input_bytes = (size_t)(task->rows * task->input_columns) * sizeof(float);
    size_t output_bytes = (size_t)(task->rows * task->output_columns) * sizeof(float);
    TRY(api->CreateTensorWithDataAsOrtValue(memory, task->input, input_bytes, input_shape, 2, 1, &loop->input));
    TRY(api->CreateTensorWithDataAsOrtValue(memory, task->output, output_bytes, output_shape, 2, 1, &loop->output));
    loop->input_name = task->input_name;
    loop->output_name = task->output_name;
    loop->base.run = run;
    return &loop->base;
}
