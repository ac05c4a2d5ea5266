// OpenVINO's C functions, as far as Slipway calls them, resolved by name.
//
// The functions that take properties exist in a variadic form, which Swift cannot call, and since 2026.4 in one that
// takes an array (`…_props`).

#ifndef SLIPWAY_OPENVINO_H
#define SLIPWAY_OPENVINO_H

#include <stddef.h>
#include <stdint.h>

#include "slipway_open.h"

typedef struct ov_compiled_model ov_compiled_model;
typedef struct ov_core ov_core;
typedef struct ov_infer_request ov_infer_request;
typedef struct ov_model ov_model;
typedef struct ov_output_const_port ov_output_const_port;
typedef struct ov_tensor ov_tensor;

typedef struct {
    const char *build;
    const char *description;
} ov_version;

typedef struct {
    char **names;
    size_t count;
} ov_available_devices;

typedef struct {
    const char *key;
    const void *value;
} ov_property;

typedef struct {
    int64_t rank;
    int64_t *dimensions;
} ov_shape;

/// A size between two bounds; -1 as the upper one means unbounded.
typedef struct {
    int64_t lower;
    int64_t upper;
} ov_dimension;

typedef struct {
    ov_dimension rank;
    ov_dimension *dimensions;
} ov_partial_shape;

// SYMBOL(result, name without its prefix, parameters). Functions that return int32_t return 0 on success.
#define SLIPWAY_OV_SYMBOLS(SYMBOL)                                                                                     \
    SYMBOL(int32_t, get_openvino_version, (ov_version *))                                                              \
    SYMBOL(void, version_free, (ov_version *))                                                                         \
    SYMBOL(const char *, get_last_err_msg, (void))                                                                     \
    SYMBOL(const char *, get_error_info, (int32_t status))                                                             \
    SYMBOL(void, free, (const char *))                                                                                 \
    SYMBOL(void, util_set_log_callback, (void (*)(const char *)))                                                      \
    SYMBOL(int32_t, core_create, (ov_core **out))                                                                      \
    SYMBOL(int32_t, core_get_available_devices, (const ov_core *, ov_available_devices *))                             \
    SYMBOL(void, available_devices_free, (ov_available_devices *))                                                     \
    SYMBOL(int32_t, core_get_property, (const ov_core *, const char *device, const char *key, char **out))             \
    SYMBOL(int32_t, core_read_model, (const ov_core *, const char *path, const char *weights, ov_model **out))         \
    SYMBOL(int32_t, core_read_model_from_memory_buffer,                                                                \
           (const ov_core *, const char *model, size_t length, const ov_tensor *weights, ov_model **out))              \
    SYMBOL(int32_t, core_compile_model_props,                                                                          \
           (const ov_core *, const ov_model *, const char *device, size_t count, const ov_property *,                  \
            ov_compiled_model **out))                                                                                  \
    SYMBOL(int32_t, core_set_property, (const ov_core *, const char *device, ...))                                     \
    SYMBOL(int32_t, core_import_model,                                                                                 \
           (const ov_core *, const char *content, size_t length, const char *device, ov_compiled_model **out))         \
    SYMBOL(void, model_free, (ov_model *))                                                                             \
    SYMBOL(int32_t, compiled_model_export_model, (const ov_compiled_model *, const char *path))                        \
    SYMBOL(int32_t, compiled_model_inputs_size, (const ov_compiled_model *, size_t *out))                              \
    SYMBOL(int32_t, compiled_model_outputs_size, (const ov_compiled_model *, size_t *out))                             \
    SYMBOL(int32_t, compiled_model_input_by_index,                                                                     \
           (const ov_compiled_model *, size_t index, ov_output_const_port **out))                                      \
    SYMBOL(int32_t, compiled_model_output_by_index,                                                                    \
           (const ov_compiled_model *, size_t index, ov_output_const_port **out))                                      \
    SYMBOL(int32_t, compiled_model_get_property, (const ov_compiled_model *, const char *key, char **out))             \
    SYMBOL(int32_t, compiled_model_create_infer_request, (const ov_compiled_model *, ov_infer_request **out))          \
    SYMBOL(void, compiled_model_free, (ov_compiled_model *))                                                           \
    SYMBOL(int32_t, port_get_any_name, (const ov_output_const_port *, char **out))                                     \
    SYMBOL(int32_t, port_get_element_type, (const ov_output_const_port *, int32_t *out))                               \
    SYMBOL(int32_t, port_get_partial_shape, (const ov_output_const_port *, ov_partial_shape *out))                     \
    SYMBOL(void, output_const_port_free, (ov_output_const_port *))                                                     \
    SYMBOL(void, partial_shape_free, (ov_partial_shape *))                                                             \
    SYMBOL(int32_t, tensor_create, (int32_t element_type, ov_shape, ov_tensor **out))                                  \
    SYMBOL(int32_t, tensor_create_from_host_ptr, (int32_t element_type, ov_shape, void *data, ov_tensor **out))        \
    SYMBOL(int32_t, tensor_get_shape, (const ov_tensor *, ov_shape *out))                                              \
    SYMBOL(int32_t, tensor_get_byte_size, (const ov_tensor *, size_t *out))                                            \
    SYMBOL(int32_t, tensor_data, (const ov_tensor *, void **out))                                                      \
    SYMBOL(void, tensor_free, (ov_tensor *))                                                                           \
    SYMBOL(int32_t, shape_free, (ov_shape *))                                                                          \
    SYMBOL(int32_t, infer_request_set_input_tensor_by_index, (ov_infer_request *, size_t index, const ov_tensor *))    \
    SYMBOL(int32_t, infer_request_set_output_tensor_by_index, (ov_infer_request *, size_t index, const ov_tensor *))   \
    SYMBOL(int32_t, infer_request_get_output_tensor_by_index,                                                          \
           (const ov_infer_request *, size_t index, ov_tensor **out))                                                  \
    SYMBOL(int32_t, infer_request_infer, (ov_infer_request *))                                                         \
    SYMBOL(void, infer_request_free, (ov_infer_request *))

/// An opened library's functions. Never closed, because its threads may outlive a session.
typedef struct {
#define SLIPWAY_OV_MEMBER(result, name, parameters) result(*name) parameters;
    SLIPWAY_OV_SYMBOLS(SLIPWAY_OV_MEMBER)
#undef SLIPWAY_OV_MEMBER
} slipway_ov;

/// Sets one property of a device, which what is imported afterwards has. The function is variadic, which Swift cannot call.
int32_t slipway_ov_set_property(const slipway_ov *library, const ov_core *core, const char *device, const char *key,
                                const char *value);

/// Opens the C library at `path` and fills `library`; `detail` is valid until the thread's next call of the dynamic
/// linker, and after `SLIPWAY_INCOMPATIBLE` is the name of the first function that is missing.
slipway_open_result slipway_ov_open(const char *path, slipway_ov *library, const char **detail);

#endif
