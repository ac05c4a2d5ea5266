"""The networks that generate.py saves: one for each family of layers, with a branch for each layer. `k` is Keras."""


import numpy


def _branches(k, start, layers):
    """A model with an output for each layer; each is small enough to name what differs."""
    return k.Model(start, [layer(start) for layer in layers])


def dense(k, three):
    L = k.layers
    return k.Sequential([
        k.Input((6,)), L.Dense(9, activation="relu"), L.BatchNormalization(), L.Dropout(0.3),
        L.Dense(7, activation="elu", use_bias=False), L.GaussianNoise(0.1), L.Dense(3, activation="softmax")])


def activations(k, three):
    L = k.layers
    names = ["relu", "relu6", "sigmoid", "tanh", "softmax", "softplus", "softsign", "selu", "elu", "exponential",
             "linear", "swish", "gelu", "hard_sigmoid", "leaky_relu", "mish"]
    if three:
        names += ["hard_silu", "log_softmax", "celu", "log_sigmoid", "tanh_shrink", "hard_tanh", "hard_shrink",
                  "soft_shrink", "squareplus", "sparse_plus"]
    made = [L.Activation(name, name=f"on_{name}") for name in names]
    slope = dict(negative_slope=0.2) if three else dict(alpha=0.2)
    made += [L.ReLU(1.5, 0.1, 0.25), L.ReLU(), L.LeakyReLU(**slope), L.ELU(0.7), L.Softmax(axis=1), L.Softmax(),
             L.PReLU(), L.PReLU(shared_axes=[1])]
    return _branches(k, k.Input((4, 5), name="x"), made)


def convolution(k, three):
    L = k.layers
    start = k.Input((9, 8, 4), name="image")
    return _branches(k, start, [
        L.Conv2D(5, 3), L.Conv2D(5, (3, 2), strides=2, padding="same", activation="relu"),
        L.Conv2D(4, 3, dilation_rate=2, use_bias=False), L.Conv2D(6, 3, padding="same", groups=2),
        L.DepthwiseConv2D(3), L.DepthwiseConv2D((3, 2), strides=2, padding="same", depth_multiplier=2),
        L.SeparableConv2D(7, 3, padding="same", activation="tanh"), L.SeparableConv2D(3, 3, depth_multiplier=2, strides=2),
        L.Conv2DTranspose(3, 3), L.Conv2DTranspose(3, 3, strides=2, padding="same"), L.Conv2DTranspose(2, 2, strides=3),
        L.Conv2DTranspose(2, (4, 5), strides=(2, 3), padding="same", activation="sigmoid")])


def signals(k, three):
    L = k.layers
    start = k.Input((14, 4), name="signal")
    return _branches(k, start, [
        L.Conv1D(5, 3), L.Conv1D(4, 5, strides=2, padding="same", activation="selu"),
        L.Conv1D(6, 3, padding="causal", dilation_rate=2), L.Conv1D(4, 4, padding="causal", strides=2),
        L.DepthwiseConv1D(3, padding="same", depth_multiplier=2), L.SeparableConv1D(5, 3, padding="same"),
        L.Conv1DTranspose(3, 3, strides=2, padding="same"), L.Conv1DTranspose(3, 4, strides=3)])


def volumes(k, three):
    L = k.layers
    start = k.Input((5, 6, 4, 2), name="volume")
    return _branches(k, start, [
        L.Conv3D(3, 2), L.Conv3D(2, 3, strides=2, padding="same"), L.MaxPooling3D(2), L.AveragePooling3D(2, 1, padding="same"),
        L.GlobalAveragePooling3D(), L.GlobalMaxPooling3D(), L.ZeroPadding3D(1), L.Cropping3D(1), L.UpSampling3D(2)])


def pooling(k, three):
    L = k.layers
    start, line = k.Input((9, 8, 3), name="image"), k.Input((11, 3), name="signal")
    images = [
        L.MaxPooling2D(), L.MaxPooling2D(3, 2, padding="same"), L.AveragePooling2D((2, 3)),
        L.AveragePooling2D(3, 2, padding="same"), L.GlobalAveragePooling2D(), L.GlobalMaxPooling2D(keepdims=True)]
    lines = [
        L.MaxPooling1D(), L.MaxPooling1D(3, 2, padding="same"), L.AveragePooling1D(3, 1, padding="same"),
        L.GlobalAveragePooling1D(), L.GlobalMaxPooling1D(), L.GlobalAveragePooling1D(keepdims=True)]
    return k.Model([start, line], [layer(start) for layer in images] + [layer(line) for layer in lines])


def normalisation(k, three):
    L = k.layers
    start = k.Input((4, 3, 6), name="x")
    layers = [
        L.BatchNormalization(), L.BatchNormalization(axis=1, scale=False), L.BatchNormalization(center=False, epsilon=0.01),
        L.LayerNormalization(), L.LayerNormalization(axis=[1, 2, 3]), L.LayerNormalization(axis=[2, 3], scale=False),
        L.Normalization(mean=[1.0, 2, 3, 4, 5, 6], variance=[0.5, 1, 2, 3, 4, 0]), L.Rescaling(1 / 127.5, -1.0),
        L.GroupNormalization(3), L.GroupNormalization(-1), L.UnitNormalization()]
    adapted = L.Normalization()
    adapted.adapt(numpy.array([[[[1.0, 2, 3, 4, 5, 6], [2.0, 2, 5, 7, 1, 0], [0, 0, 9, 1, 1, 1]]]]))
    layers.append(adapted)
    if three:
        layers.append(L.LayerNormalization(axis=1))
    return _branches(k, start, layers)


def shapes(k, three):
    L = k.layers
    start, line, row = k.Input((4, 6, 2), name="image"), k.Input((6, 3), name="signal"), k.Input((5,), name="row")
    images = [
        L.Flatten(), L.Reshape((8, -1)), L.Reshape((2, 3, 8)), L.Permute((3, 1, 2)), L.ZeroPadding2D(((1, 2), (0, 3))),
        L.Cropping2D(((1, 0), (2, 1))), L.UpSampling2D(2), L.UpSampling2D((2, 3), interpolation="bilinear"),
        L.SpatialDropout2D(0.5), L.ActivityRegularization(0.1)]
    lines = [L.ZeroPadding1D((1, 2)), L.Cropping1D((2, 1)), L.UpSampling1D(3), L.Permute((2, 1)), L.Flatten()]
    return k.Model(
        [start, line, row],
        [layer(start) for layer in images] + [layer(line) for layer in lines] + [L.RepeatVector(3)(row)])


def merging(k, three):
    L = k.layers
    a, b = k.Input((4, 6), name="a"), k.Input((4, 6), name="b")
    c = k.Input((1, 6), name="c")
    return k.Model([a, b, c], [
        L.Add()([a, b]), L.Add()([a, b, c]), L.Subtract()([a, b]), L.Multiply()([a, b, c]), L.Average()([a, b, a]),
        L.Maximum()([a, b]), L.Minimum()([a, b, c]), L.Concatenate()([a, b]), L.Concatenate(axis=1)([a, c, b]),
        L.Dot((2, 2))([a, b]), L.Dot((1, 1), normalize=True)([a, b]), L.Dot(2, normalize=True)([a, b])])


def embedding(k, three):
    L = k.layers
    words, kinds = k.Input((5,), name="words"), k.Input((None,), dtype="int32", name="kinds")
    first = L.GlobalAveragePooling1D()(L.Embedding(12, 4)(words))
    second = L.GlobalMaxPooling1D()(L.Conv1D(4, 3, padding="same", activation="relu")(L.Embedding(9, 5)(kinds)))
    return k.Model([words, kinds], L.Dense(2)(L.Concatenate()([first, second])))


def recurrent(k, three):
    L = k.layers
    start = k.Input((None, 4), name="steps")
    outputs = [
        L.SimpleRNN(3)(start), L.SimpleRNN(3, activation="relu", return_sequences=True, use_bias=False)(start),
        L.LSTM(4)(start), L.LSTM(4, return_sequences=True, go_backwards=True)(start), L.LSTM(3, use_bias=False)(start),
        L.GRU(4)(start), L.GRU(4, reset_after=False, return_sequences=True)(start), L.GRU(3, use_bias=False)(start),
        L.LSTM(3, recurrent_activation="hard_sigmoid", activation="softsign")(start)]
    outputs += L.LSTM(3, return_state=True)(start)
    outputs += L.GRU(3, return_sequences=True, return_state=True)(start)
    return k.Model(start, outputs)


def both_ways(k, three):
    L = k.layers
    start = k.Input((7, 4), name="steps")
    outputs = [
        L.Bidirectional(L.LSTM(3, return_sequences=True))(start), L.Bidirectional(L.GRU(3), merge_mode="sum")(start),
        L.Bidirectional(L.SimpleRNN(3), merge_mode="ave")(start),
        L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="mul")(start),
        L.TimeDistributed(L.Dense(5, activation="relu"))(start)]
    both = L.Bidirectional(L.LSTM(2, return_sequences=True))(L.Dropout(0.2)(start))
    outputs.append(L.Dense(2)(L.LSTM(3)(both)))
    frames = k.Input((3, 6, 5, 2), name="frames")
    outputs.append(L.TimeDistributed(L.Conv2D(3, 3, activation="relu"))(frames))
    return k.Model([start, frames], outputs)


def attention(k, three):
    L = k.layers
    a, b = k.Input((5, 8), name="a"), k.Input((3, 8), name="b")
    outputs = [
        L.MultiHeadAttention(2, 4)(a, a), L.MultiHeadAttention(2, 3, value_dim=5, output_shape=6)(a, b),
        L.MultiHeadAttention(1, 4, use_bias=False)(a, value=b), L.Attention()([a, b]), L.Attention(use_scale=True)([a, b, b]),
        L.AdditiveAttention()([a, b])]
    return k.Model([a, b], outputs)


def nested(k, three):
    L = k.layers
    inner_start = k.Input((6,))
    x = L.BatchNormalization(name="inner_norm")(L.Dense(5, activation="relu", name="inner_dense")(inner_start))
    inner = k.Model(inner_start, [L.Dense(4, name="inner_one")(x), L.Dense(3, name="inner_two")(x)], name="inner")
    head = k.Sequential([k.Input((4,)), L.Dense(5, activation="tanh"), L.BatchNormalization(), L.Dense(2)], name="head")
    a, b = k.Input((6,), name="a"), k.Input((6,), name="b")
    one, two = inner(a)
    three_, four = inner(b)
    shared = L.Dense(4, name="shared")
    return k.Model([a, b], [
        head(one), head(three_), L.Concatenate()([two, four]), shared(one), shared(three_)], name="nested")


def residual(k, three):
    L = k.layers
    x = start = k.Input((8, 8, 1), name="image")
    for stride in (1, 2):
        y = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(6, 3, stride, padding="same", use_bias=False)(x)))
        y = L.BatchNormalization()(L.Conv2D(6, 3, padding="same")(y))
        gate = L.Conv2D(6, 1, activation="sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(y))
        x = L.ReLU()(L.Add()([L.Multiply()([y, gate]), L.Conv2D(6, 1, stride)(x)]))
    x = L.Dropout(0.4)(L.Flatten()(L.MaxPooling2D()(L.ZeroPadding2D()(x))))
    return k.Model(start, L.Dense(10, activation="softmax", name="digits")(x), name="residual")


def plain(k, three):
    """As tutorials write it, without an input of its own."""
    L = k.layers
    model = k.Sequential([
        L.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)), L.MaxPooling2D(2), L.Flatten(), L.Dense(10, activation="softmax")])
    return model


def mixed(k, three):
    """Half precision in between."""
    L = k.layers
    policy = dict(dtype="mixed_float16")
    return k.Sequential([k.Input((6,)), L.Dense(4, activation="relu", **policy), L.Dense(2)])


NETWORKS = {f.__name__.replace("_", "-"): f for f in (
    dense, activations, convolution, signals, volumes, pooling, normalisation, shapes, merging, embedding, recurrent,
    both_ways, attention, nested, residual, plain)}
