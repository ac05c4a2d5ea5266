import Tensors

/// Parts of values, and what is put around them.
extension GraphDefRules {
    static let parts: [LiteOperatorCode: GraphDefRule] = [
        .stridedSlice: slice,
        .gather: { step in
            let axis = try step.list([step.setting(0)], "axis", [])
            return [
                step.plainNode(
                    "GatherV2", [try step.input(0), try step.input(1), axis],
                    [
                        ("Tparams", .type(step.type)), ("Tindices", .type(try step.tensor(1).type)),
                        ("Taxis", .type(.int32)), ("batch_dims", .int(0)),
                    ])
            ]
        },
        .pad: { step in
            [step.node("Pad", [try step.input(0), try step.input(1)], [("Tpaddings", .type(.int32))])]
        },
        .padWithValue: { step in [step.node("PadV2", try step.allInputs(), [("Tpaddings", .type(.int32))])] },
        .mirrorPad: { step in
            [
                step.node(
                    "MirrorPad", [try step.input(0), try step.input(1)],
                    [("Tpaddings", .type(.int32)), ("mode", .text("REFLECT"))])
            ]
        },
    ]

    /// To the end of an axis is said by a mask, so that it holds for every batch.
    private static let slice: GraphDefRule = { step in
        let (begins, steps) = (try step.integers(1), try step.integers(3))
        var ends = try step.integers(2)
        let sizes = try step.tensor(0).shape
        var mask = step.setting(1)
        guard begins.count == sizes.count, ends.count == sizes.count, steps.count == sizes.count else {
            throw LoweringFault("cuts \(begins.count) of \(sizes.count) axes")
        }
        let open = try step.multiples(2) ?? []
        guard try step.multiples(1) == nil else { throw LoweringFault("begins a cut at a row that the batch decides") }
        for axis in sizes.indices where steps[axis] > 0 && ends[axis] == sizes[axis] {
            mask |= 1 << axis
            ends[axis] = 0
        }
        guard open.indices.allSatisfy({ open[$0] == 0 || mask & 1 << $0 != 0 }) else {
            throw LoweringFault("ends a cut at a row that the batch decides")
        }
        let lists = [try step.list(begins, "begins"), try step.list(ends, "ends"), try step.list(steps, "steps")]
        return [
            step.node(
                "StridedSlice", [try step.input(0)] + lists,
                [
                    ("Index", .type(.int32)), ("begin_mask", .int(0)), ("end_mask", .int(mask)),
                    ("ellipsis_mask", .int(0)), ("new_axis_mask", .int(0)), ("shrink_axis_mask", .int(0)),
                ])
        ]
    }
}
