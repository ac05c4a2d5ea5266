// How opening an engine's library ended.

#ifndef SLIPWAY_OPEN_H
#define SLIPWAY_OPEN_H

typedef enum {
    SLIPWAY_OPENED = 0,
    /// The dynamic linker refused the file; its words are in `detail`.
    SLIPWAY_CANNOT_LOAD,
    /// A library, but not this engine's, or one too old: `detail` names what it lacks.
    SLIPWAY_INCOMPATIBLE,
} slipway_open_result;

#endif
