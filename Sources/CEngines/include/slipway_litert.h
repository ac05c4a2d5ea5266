// LiteRT's C functions, as far as Slipway calls them, resolved by name.
//
// Source: the headers in `litert/c` of LiteRT 2.2; the shared library of the 2.3 wheel exports these functions, and none
// of TensorFlow Lite's older C interface (`TfLiteInterpreterCreate` and its like).

#ifndef SLIPWAY_LITERT_H
#define SLIPWAY_LITERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slipway_open.h"

typedef struct LiteRtCompiledModelT LiteRtCompiledModelT;
typedef struct LiteRtEnvironmentT LiteRtEnvironmentT;
typedef struct LiteRtModelT LiteRtModelT;
typedef struct LiteRtOpaqueOptionsT LiteRtOpaqueOptionsT;
typedef struct LiteRtOptionsT LiteRtOptionsT;
typedef struct LiteRtSignatureT LiteRtSignatureT;
typedef struct LiteRtSubgraphT LiteRtSubgraphT;
typedef struct LiteRtTensorBufferT LiteRtTensorBufferT;
typedef struct LiteRtTensorT LiteRtTensorT;

/// The most dimensions that the library passes.
#define SLIPWAY_LITERT_MAXIMUM_RANK 8

/// `LiteRtLayout`: the rank is in the lowest seven bits, whether there are strides in the eighth. Dimensions that are open
/// are -1.
typedef struct {
    uint32_t rank_and_strides;
    int32_t dimensions[SLIPWAY_LITERT_MAXIMUM_RANK];
    uint32_t strides[SLIPWAY_LITERT_MAXIMUM_RANK];
} litert_layout;

/// `LiteRtRankedTensorType`.
typedef struct {
    int32_t element_type;
    litert_layout layout;
} litert_tensor_type;

/// `LiteRtAny`, as far as it is a whole number: then its type is 2.
typedef struct {
    int32_t type;
    int64_t value;
} litert_any;

/// `LiteRtEnvOption`.
typedef struct {
    int32_t tag;
    litert_any value;
} litert_option;

// SYMBOL(result, name without its prefix, parameters). Functions that return int32_t return 0 on success.
#define SLIPWAY_LITERT_SYMBOLS(SYMBOL)                                                                                 \
    SYMBOL(int32_t, CreateEnvironment, (int32_t count, const litert_option *, LiteRtEnvironmentT **out))               \
    SYMBOL(int32_t, CreateModelFromBuffer,                                                                             \
           (LiteRtEnvironmentT *, const void *bytes, size_t length, LiteRtModelT **out))                               \
    SYMBOL(void, DestroyModel, (LiteRtModelT *))                                                                       \
    SYMBOL(int32_t, GetModelSignature, (LiteRtModelT *, size_t index, LiteRtSignatureT **out))                         \
    SYMBOL(int32_t, GetSignatureSubgraph, (LiteRtSignatureT *, LiteRtSubgraphT **out))                                 \
    SYMBOL(int32_t, GetNumSubgraphInputs, (LiteRtSubgraphT *, size_t *out))                                            \
    SYMBOL(int32_t, GetNumSubgraphOutputs, (LiteRtSubgraphT *, size_t *out))                                           \
    SYMBOL(int32_t, GetSubgraphInput, (LiteRtSubgraphT *, size_t index, LiteRtTensorT **out))                          \
    SYMBOL(int32_t, GetSubgraphOutput, (LiteRtSubgraphT *, size_t index, LiteRtTensorT **out))                         \
    SYMBOL(int32_t, GetTensorName, (LiteRtTensorT *, const char **out))                                                \
    SYMBOL(int32_t, GetRankedTensorType, (LiteRtTensorT *, litert_tensor_type *out))                                   \
    SYMBOL(int32_t, CreateOptions, (LiteRtOptionsT **out))                                                             \
    SYMBOL(void, DestroyOptions, (LiteRtOptionsT *))                                                                   \
    SYMBOL(int32_t, SetOptionsHardwareAccelerators, (LiteRtOptionsT *, int32_t accelerators))                          \
    SYMBOL(int32_t, CreateOpaqueOptions,                                                                               \
           (const char *identifier, void *payload, void (*destroy)(void *), LiteRtOpaqueOptionsT **out))               \
    SYMBOL(void, DestroyOpaqueOptions, (LiteRtOpaqueOptionsT *))                                                       \
    SYMBOL(int32_t, AddOpaqueOptions, (LiteRtOptionsT *, LiteRtOpaqueOptionsT *))                                      \
    SYMBOL(int32_t, CreateCompiledModel,                                                                               \
           (LiteRtEnvironmentT *, LiteRtModelT *, LiteRtOptionsT *, LiteRtCompiledModelT **out))                       \
    SYMBOL(void, DestroyCompiledModel, (LiteRtCompiledModelT *))                                                       \
    SYMBOL(int32_t, CompiledModelResizeInputTensorNonStrict,                                                           \
           (LiteRtCompiledModelT *, size_t signature, size_t input, const int *dimensions, size_t rank))               \
    SYMBOL(int32_t, GetCompiledModelOutputTensorLayouts,                                                               \
           (LiteRtCompiledModelT *, size_t signature, size_t count, litert_layout *out, bool allocates))               \
    SYMBOL(int32_t, CompiledModelGetErrorMessages, (LiteRtCompiledModelT *, char **out))                               \
    SYMBOL(int32_t, CompiledModelClearErrors, (LiteRtCompiledModelT *))                                                \
    SYMBOL(int32_t, CreateTensorBufferFromHostMemory,                                                                  \
           (const litert_tensor_type *, void *bytes, size_t length, void (*destroy)(void *),                           \
            LiteRtTensorBufferT **out))                                                                                \
    SYMBOL(void, DestroyTensorBuffer, (LiteRtTensorBufferT *))                                                         \
    SYMBOL(int32_t, RunCompiledModel,                                                                                  \
           (LiteRtCompiledModelT *, size_t signature, size_t input_count, LiteRtTensorBufferT **inputs,                \
            size_t output_count, LiteRtTensorBufferT **outputs))

/// An opened library's functions. Never closed, because its threads may outlive a session.
typedef struct {
#define SLIPWAY_LITERT_MEMBER(result, name, parameters) result(*name) parameters;
    SLIPWAY_LITERT_SYMBOLS(SLIPWAY_LITERT_MEMBER)
#undef SLIPWAY_LITERT_MEMBER
} slipway_litert;

/// Opens the library at `path` and fills `library`; `detail` is valid until the thread's next call of the dynamic
/// linker, and after `SLIPWAY_INCOMPATIBLE` is the name of the first function that is missing.
slipway_open_result slipway_litert_open(const char *path, slipway_litert *library, const char **detail);

/// Creates an environment that knows the processor and nothing else (by itself the library looks for accelerators under
/// names that anybody could give a file), and that logs nothing.
int32_t slipway_litert_environment(const slipway_litert *library, LiteRtEnvironmentT **out);

/// Compiles a model for the processor, with so many threads for each run. What goes wrong later is kept in words, for
/// `CompiledModelGetErrorMessages`.
int32_t slipway_litert_compile(const slipway_litert *library, LiteRtEnvironmentT *environment, LiteRtModelT *model,
                               int32_t threads, LiteRtCompiledModelT **out);

#endif
