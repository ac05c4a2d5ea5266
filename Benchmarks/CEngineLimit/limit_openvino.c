#include <stdlib.h>
#include <string.h>

#include "CEngines.h"
#include "limit_loop.h"

typedef struct {
    limit_loop base;
    slipway_ov api;
    ov_infer_request *request;
} ov_loop;

static const char *run(limit_loop *base, size_t times) {
    ov_loop *loop = (ov_loop *)base;
    for (size_t i = 0; i < times; i++) {
        if (loop->api.infer_request_infer(loop->request) != 0) return loop->api.get_last_err_msg();
    }
    return NULL;
}

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((call) != 0) {                                                                                             \
            *fault = api->get_last_err_msg();                                                                          \
            return NULL;                                                                                               \
        }                                                                                                              \
    } while (0)

// Element types are numbered anew between releases; a port of the model knows its own.
static const char *bind(ov_loop *loop, ov_compiled_model *model, const limit_task *task) {
    slipway_ov *api = &loop->api;
    ov_output_const_port *port;
    int32_t type;
    ov_tensor *input, *output;
    int64_t input_shape[] = {task->rows, task->input_columns};
    int64_t output_shape[] = {task->rows, task->output_columns};
    if (api->compiled_model_input_by_index(model, 0, &port) != 0 || api->port_get_element_type(port, &type) != 0 ||
        api->tensor_create_from_host_ptr(type, (ov_shape){2, input_shape}, task->input, &input) != 0 ||
        api->tensor_create_from_host_ptr(type, (ov_shape){2, output_shape}, task->output, &output) != 0 ||
        api->compiled_model_create_infer_request(model, &loop->request) != 0 ||
        api->infer_request_set_input_tensor_by_index(loop->request, 0, input) != 0 ||
        api->infer_request_set_output_tensor_by_index(loop->request, 0, output) != 0)
        return api->get_last_err_msg();
    return NULL;
}

limit_loop *limit_openvino(const limit_task *task, const char **fault) {
    ov_loop *loop = calloc(1, sizeof *loop);
    slipway_ov *api = &loop->api;
    if (slipway_ov_open(task->library, api, fault) != SLIPWAY_OPENED) return NULL;
    ov_core *core;
    ov_model *model;
    ov_compiled_model *compiled;
    const ov_property properties[] = {
        {"INFERENCE_NUM_THREADS", "2"},
        {"NUM_STREAMS", "2"},
        {"INFERENCE_PRECISION_HINT", "f32"},
        {"ENABLE_CPU_PINNING", "NO"},
    };
    TRY(api->core_create(&core));
    TRY(api->core_read_model(core, task->model, NULL, &model));
    TRY(api->core_compile_model_props(core, model, "CPU", sizeof properties / sizeof *properties, properties, &compiled));
    *fault = bind(loop, compiled, task);
    if (*fault != NULL) return NULL;
    loop->base.run = run;
    return &loop->base;
}
