/// The closed list of layers that are rebuilt, by the names under which Keras 2 and 3 save them.
enum LayerCatalog {
    private typealias Reader = @Sendable (LayerConfig) throws(KerasError) -> LayerOperation

    /// Reads a layer's options.
    ///
    /// - Throws: `KerasError` for layers, and options of layers, that are not rebuilt.
    static func operation(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        if let reason = refused[layer.className] { throw layer.refusal(reason) }
        guard layer.isOwn else {
            throw layer.refusal(
                "is of its owner's own class ('\(LayerName.inert(layer.module ?? ""))'): its program is not in the file"
            )
        }
        try PrecisionPolicy.check(layer)
        if let operation = try ActivationLayers.operation(layer) { return operation }
        guard let reader = readers[layer.className] else { throw layer.refusal("is not rebuilt here") }
        return try reader(layer)
    }

    /// What is refused in words of its own.
    private static let refused = [
        "Lambda": "holds code of its owner's own, which is never run: put a layer of Keras's in its place",
        "Masking": "masks what follows, which is not carried",
        "TFOpLambda": "is an operation of TensorFlow's outside of any layer: put a layer of Keras's in its place",
        "SlicingOpLambda": "cuts a tensor outside of any layer: put a layer of Keras's in its place",
    ]

    private static let readers: [String: Reader] = [
        "Dense": DenseLayers.dense, "Embedding": DenseLayers.embedding,
        "Conv1D": { layer throws(KerasError) in try ConvolutionLayers.plain(layer, rank: 1) },
        "Conv2D": { layer throws(KerasError) in try ConvolutionLayers.plain(layer, rank: 2) },
        "Conv3D": { layer throws(KerasError) in try ConvolutionLayers.plain(layer, rank: 3) },
        "DepthwiseConv1D": { layer throws(KerasError) in try ConvolutionLayers.depthwise(layer, rank: 1) },
        "DepthwiseConv2D": { layer throws(KerasError) in try ConvolutionLayers.depthwise(layer, rank: 2) },
        "SeparableConv1D": { layer throws(KerasError) in try ConvolutionLayers.separable(layer, rank: 1) },
        "SeparableConv2D": { layer throws(KerasError) in try ConvolutionLayers.separable(layer, rank: 2) },
        "Conv1DTranspose": { layer throws(KerasError) in try ConvolutionLayers.transposed(layer, rank: 1) },
        "Conv2DTranspose": { layer throws(KerasError) in try ConvolutionLayers.transposed(layer, rank: 2) },
        "Conv3DTranspose": { layer throws(KerasError) in try ConvolutionLayers.transposed(layer, rank: 3) },
        "MaxPooling1D": { layer throws(KerasError) in try PoolingLayers.windows(layer, rank: 1, largest: true) },
        "MaxPooling2D": { layer throws(KerasError) in try PoolingLayers.windows(layer, rank: 2, largest: true) },
        "MaxPooling3D": { layer throws(KerasError) in try PoolingLayers.windows(layer, rank: 3, largest: true) },
        "AveragePooling1D": { layer throws(KerasError) in try PoolingLayers.windows(layer, rank: 1, largest: false) },
        "AveragePooling2D": { layer throws(KerasError) in try PoolingLayers.windows(layer, rank: 2, largest: false) },
        "AveragePooling3D": { layer throws(KerasError) in try PoolingLayers.windows(layer, rank: 3, largest: false) },
        "GlobalMaxPooling1D": { layer throws(KerasError) in try PoolingLayers.global(layer, rank: 1, largest: true) },
        "GlobalMaxPooling2D": { layer throws(KerasError) in try PoolingLayers.global(layer, rank: 2, largest: true) },
        "GlobalMaxPooling3D": { layer throws(KerasError) in try PoolingLayers.global(layer, rank: 3, largest: true) },
        "GlobalAveragePooling1D": { layer throws(KerasError) in try PoolingLayers.global(layer, rank: 1, largest: false)
        },
        "GlobalAveragePooling2D": { layer throws(KerasError) in try PoolingLayers.global(layer, rank: 2, largest: false)
        },
        "GlobalAveragePooling3D": { layer throws(KerasError) in try PoolingLayers.global(layer, rank: 3, largest: false)
        },
        "BatchNormalization": NormalisationLayers.batch, "LayerNormalization": NormalisationLayers.layer,
        "GroupNormalization": NormalisationLayers.groups, "UnitNormalization": NormalisationLayers.unit,
        "Normalization": NormalisationLayers.preparation, "Rescaling": NormalisationLayers.rescaling,
        "Dropout": ShapeLayers.nothing, "SpatialDropout1D": ShapeLayers.nothing,
        "SpatialDropout2D": ShapeLayers.nothing,
        "SpatialDropout3D": ShapeLayers.nothing, "AlphaDropout": ShapeLayers.nothing,
        "GaussianDropout": ShapeLayers.nothing, "GaussianNoise": ShapeLayers.nothing, "Identity": ShapeLayers.nothing,
        "ActivityRegularization": ShapeLayers.nothing, "RandomFlip": ShapeLayers.nothing,
        "RandomRotation": ShapeLayers.nothing, "RandomZoom": ShapeLayers.nothing, "RandomContrast": ShapeLayers.nothing,
        "RandomTranslation": ShapeLayers.nothing, "RandomBrightness": ShapeLayers.nothing,
        "Flatten": ShapeLayers.flatten, "Reshape": ShapeLayers.reshape, "Permute": ShapeLayers.permute,
        "RepeatVector": ShapeLayers.repetition,
        "ZeroPadding1D": { layer throws(KerasError) in try ShapeLayers.padding(layer, rank: 1) },
        "ZeroPadding2D": { layer throws(KerasError) in try ShapeLayers.padding(layer, rank: 2) },
        "ZeroPadding3D": { layer throws(KerasError) in try ShapeLayers.padding(layer, rank: 3) },
        "Cropping1D": { layer throws(KerasError) in try ShapeLayers.cropping(layer, rank: 1) },
        "Cropping2D": { layer throws(KerasError) in try ShapeLayers.cropping(layer, rank: 2) },
        "Cropping3D": { layer throws(KerasError) in try ShapeLayers.cropping(layer, rank: 3) },
        "UpSampling1D": { layer throws(KerasError) in try ShapeLayers.enlargement(layer, rank: 1) },
        "UpSampling2D": { layer throws(KerasError) in try ShapeLayers.enlargement(layer, rank: 2) },
        "UpSampling3D": { layer throws(KerasError) in try ShapeLayers.enlargement(layer, rank: 3) },
        "Add": MergingLayers.elements, "Subtract": MergingLayers.elements, "Multiply": MergingLayers.elements,
        "Average": MergingLayers.elements, "Maximum": MergingLayers.elements, "Minimum": MergingLayers.elements,
        "Concatenate": MergingLayers.concatenation, "Dot": MergingLayers.dot,
        "SimpleRNN": RecurrentLayer.operation, "LSTM": RecurrentLayer.operation, "GRU": RecurrentLayer.operation,
        "Bidirectional": RecurrentLayer.bothWays, "TimeDistributed": RecurrentLayer.timeDistributed,
        "Attention": AttentionLayers.simple, "AdditiveAttention": AttentionLayers.simple,
        "MultiHeadAttention": AttentionLayers.heads,
    ]
}
