// ONNX Runtime's C functions, as far as Slipway calls them.
//
// The library hands out a table of function pointers that only ever grows at its end, so a slot's number holds for
// every later version. `slipway_ort_open` copies the slots listed here into a struct with typed members.

#ifndef SLIPWAY_ONNXRUNTIME_H
#define SLIPWAY_ONNXRUNTIME_H

#include <stddef.h>
#include <stdint.h>

#include "slipway_open.h"

/// The lowest table version that has every slot below; `GetResizedStringTensorElementBuffer` is the youngest.
#define SLIPWAY_ORT_API_VERSION 15

typedef struct OrtAllocator OrtAllocator;
typedef struct OrtCUDAProviderOptionsV2 OrtCUDAProviderOptionsV2;
typedef struct OrtEnv OrtEnv;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtStatus OrtStatus;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtValue OrtValue;

// SLOT(number, result, name, parameters). Functions that return a status return NULL on success.
#define SLIPWAY_ORT_SLOTS(SLOT)                                                                                        \
    SLOT(1, int32_t, GetErrorCode, (const OrtStatus *))                                                                \
    SLOT(2, const char *, GetErrorMessage, (const OrtStatus *))                                                        \
    SLOT(3, OrtStatus *, CreateEnv, (int32_t severity, const char *log_id, OrtEnv **out))                              \
    SLOT(6, OrtStatus *, DisableTelemetryEvents, (const OrtEnv *))                                                     \
    SLOT(7, OrtStatus *, CreateSession,                                                                                \
         (const OrtEnv *, const char *path, const OrtSessionOptions *, OrtSession **out))                              \
    SLOT(8, OrtStatus *, CreateSessionFromArray,                                                                       \
         (const OrtEnv *, const void *model, size_t length, const OrtSessionOptions *, OrtSession **out))              \
    SLOT(9, OrtStatus *, Run,                                                                                          \
         (OrtSession *, const OrtRunOptions *, const char *const *input_names, const OrtValue *const *inputs,          \
          size_t input_count, const char *const *output_names, size_t output_count, OrtValue **outputs))               \
    SLOT(10, OrtStatus *, CreateSessionOptions, (OrtSessionOptions **out))                                             \
    SLOT(11, OrtStatus *, SetOptimizedModelFilePath, (OrtSessionOptions *, const char *path))                          \
    SLOT(14, OrtStatus *, EnableProfiling, (OrtSessionOptions *, const char *prefix))                                  \
    SLOT(18, OrtStatus *, EnableCpuMemArena, (OrtSessionOptions *))                                                    \
    SLOT(22, OrtStatus *, SetSessionLogSeverityLevel, (OrtSessionOptions *, int32_t severity))                         \
    SLOT(23, OrtStatus *, SetSessionGraphOptimizationLevel, (OrtSessionOptions *, int32_t level))                      \
    SLOT(24, OrtStatus *, SetIntraOpNumThreads, (OrtSessionOptions *, int32_t count))                                  \
    SLOT(25, OrtStatus *, SetInterOpNumThreads, (OrtSessionOptions *, int32_t count))                                  \
    SLOT(30, OrtStatus *, SessionGetInputCount, (const OrtSession *, size_t *out))                                     \
    SLOT(31, OrtStatus *, SessionGetOutputCount, (const OrtSession *, size_t *out))                                    \
    SLOT(33, OrtStatus *, SessionGetInputTypeInfo, (const OrtSession *, size_t index, OrtTypeInfo **out))              \
    SLOT(34, OrtStatus *, SessionGetOutputTypeInfo, (const OrtSession *, size_t index, OrtTypeInfo **out))             \
    SLOT(36, OrtStatus *, SessionGetInputName, (const OrtSession *, size_t index, OrtAllocator *, char **out))         \
    SLOT(37, OrtStatus *, SessionGetOutputName, (const OrtSession *, size_t index, OrtAllocator *, char **out))        \
    SLOT(48, OrtStatus *, CreateTensorAsOrtValue,                                                                      \
         (OrtAllocator *, const int64_t *shape, size_t rank, int32_t element_type, OrtValue **out))                    \
    SLOT(49, OrtStatus *, CreateTensorWithDataAsOrtValue,                                                              \
         (const OrtMemoryInfo *, void *data, size_t length, const int64_t *shape, size_t rank, int32_t element_type,   \
          OrtValue **out))                                                                                             \
    SLOT(51, OrtStatus *, GetTensorMutableData, (OrtValue *, void **out))                                              \
    SLOT(53, OrtStatus *, GetStringTensorDataLength, (const OrtValue *, size_t *out))                                  \
    SLOT(54, OrtStatus *, GetStringTensorContent,                                                                      \
         (const OrtValue *, void *bytes, size_t length, size_t *offsets, size_t count))                                \
    SLOT(55, OrtStatus *, CastTypeInfoToTensorInfo, (const OrtTypeInfo *, const OrtTensorTypeAndShapeInfo **out))      \
    SLOT(56, OrtStatus *, GetOnnxTypeFromTypeInfo, (const OrtTypeInfo *, int32_t *out))                                \
    SLOT(60, OrtStatus *, GetTensorElementType, (const OrtTensorTypeAndShapeInfo *, int32_t *out))                     \
    SLOT(61, OrtStatus *, GetDimensionsCount, (const OrtTensorTypeAndShapeInfo *, size_t *out))                        \
    SLOT(62, OrtStatus *, GetDimensions, (const OrtTensorTypeAndShapeInfo *, int64_t *out, size_t count))              \
    SLOT(63, OrtStatus *, GetSymbolicDimensions,                                                                       \
         (const OrtTensorTypeAndShapeInfo *, const char **out, size_t count))                                          \
    SLOT(65, OrtStatus *, GetTensorTypeAndShape, (const OrtValue *, OrtTensorTypeAndShapeInfo **out))                  \
    SLOT(69, OrtStatus *, CreateCpuMemoryInfo, (int32_t allocator, int32_t memory, OrtMemoryInfo **out))               \
    SLOT(76, OrtStatus *, AllocatorFree, (OrtAllocator *, void *))                                                     \
    SLOT(78, OrtStatus *, GetAllocatorWithDefaultOptions, (OrtAllocator **out))                                        \
    SLOT(93, void, ReleaseStatus, (OrtStatus *))                                                                       \
    SLOT(95, void, ReleaseSession, (OrtSession *))                                                                     \
    SLOT(96, void, ReleaseValue, (OrtValue *))                                                                         \
    SLOT(98, void, ReleaseTypeInfo, (OrtTypeInfo *))                                                                   \
    SLOT(99, void, ReleaseTensorTypeAndShapeInfo, (OrtTensorTypeAndShapeInfo *))                                       \
    SLOT(100, void, ReleaseSessionOptions, (OrtSessionOptions *))                                                      \
    SLOT(125, OrtStatus *, GetAvailableProviders, (char ***out, int32_t *count))                                       \
    SLOT(126, OrtStatus *, ReleaseAvailableProviders, (char **, int32_t count))                                        \
    SLOT(130, OrtStatus *, AddSessionConfigEntry, (OrtSessionOptions *, const char *key, const char *value))           \
    SLOT(204, OrtStatus *, SessionOptionsAppendExecutionProvider_CUDA_V2,                                              \
         (OrtSessionOptions *, const OrtCUDAProviderOptionsV2 *))                                                      \
    SLOT(205, OrtStatus *, CreateCUDAProviderOptions, (OrtCUDAProviderOptionsV2 **out))                                \
    SLOT(206, OrtStatus *, UpdateCUDAProviderOptions,                                                                  \
         (OrtCUDAProviderOptionsV2 *, const char *const *keys, const char *const *values, size_t count))               \
    SLOT(208, void, ReleaseCUDAProviderOptions, (OrtCUDAProviderOptionsV2 *))                                          \
    SLOT(252, OrtStatus *, GetResizedStringTensorElementBuffer,                                                        \
         (OrtValue *, size_t index, size_t length, char **out))

/// An opened library: its own version, and its functions. Never closed, because its threads may outlive a session.
typedef struct {
    const char *version;
#define SLIPWAY_ORT_MEMBER(number, result, name, parameters) result(*name) parameters;
    SLIPWAY_ORT_SLOTS(SLIPWAY_ORT_MEMBER)
#undef SLIPWAY_ORT_MEMBER
} slipway_ort;

/// Opens the library at `path` and fills `library`. `detail` is valid until the thread's next call of the dynamic
/// linker; after `SLIPWAY_INCOMPATIBLE`, `library->version` is the version found, or NULL.
slipway_open_result slipway_ort_open(const char *path, slipway_ort *library, const char **detail);

#endif
