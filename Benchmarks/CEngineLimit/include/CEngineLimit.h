// What an engine can do at most: its C functions in a plain loop, with every tensor made beforehand; and how often the
// process allocates memory meanwhile.

#ifndef CENGINELIMIT_H
#define CENGINELIMIT_H

#include <stddef.h>
#include <stdint.h>

/// What to run: a model with one FP32 input and one FP32 output, both [rows, columns], the rows free.
typedef struct {
    /// The engine's library.
    const char *library;
    /// An ONNX file; for LiteRT a TFLite file with these rows.
    const char *model;
    const char *input_name;
    const char *output_name;
    int64_t rows;
    int64_t input_columns;
    int64_t output_columns;
    /// `rows * input_columns` values, read; kept alive by the caller.
    float *input;
    /// `rows * output_columns` values, written; kept alive by the caller.
    float *output;
} limit_task;

/// A model loaded, its tensors bound.
typedef struct limit_loop limit_loop;

/// Prepares a loop on ONNX Runtime: one thread, spinning off, as a session of ours.
/// Returns NULL and sets `fault` when a call fails; a benchmark frees nothing on that path.
limit_loop *limit_onnxruntime(const limit_task *task, const char **fault);

/// Prepares a loop on OpenVINO: two threads in two streams, of which one is used, as a session of ours.
limit_loop *limit_openvino(const limit_task *task, const char **fault);

/// Prepares a loop on LiteRT, with one thread, as a session of ours. The input is copied now, and the output after each
/// `limit_run`: its kernels read on behind a tensor, so that the memory is its own.
limit_loop *limit_litert(const limit_task *task, const char **fault);

/// Runs the model this many times. Returns NULL, or what failed.
const char *limit_run(limit_loop *loop, size_t times);

typedef struct {
    uint64_t count;
    uint64_t bytes;
} limit_allocations;

/// From now on counts what every thread of the process allocates with malloc and its kin. Slows allocation down.
void limit_count_begin(void);

/// Ends counting and returns the sum.
limit_allocations limit_count_end(void);

#endif
