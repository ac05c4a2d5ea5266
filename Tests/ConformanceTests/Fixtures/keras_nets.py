"""The networks that generate_keras.py exports. `k` is Keras 3, or its predecessor that came with TensorFlow."""


def dense(k):
    return k.Sequential([
        k.Input((6,)), k.layers.Dense(12, activation="relu"), k.layers.BatchNormalization(), k.layers.Dropout(0.3),
        k.layers.Dense(8, activation="elu"), k.layers.Dense(3, activation="softmax")])


def two_inputs(k):
    numbers, kinds = k.Input((4,), name="numbers"), k.Input((3,), dtype="int32", name="kinds")
    known = k.layers.Flatten()(k.layers.Embedding(10, 4)(kinds))
    x = k.layers.Concatenate()([k.layers.Dense(8, activation="tanh")(numbers), known])
    gate = k.layers.Dense(20, activation="sigmoid")(x)
    x = k.layers.Multiply()([x, gate])
    return k.Model([numbers, kinds], [k.layers.Dense(2, name="scores")(x), k.layers.Dense(1, activation="softplus", name="price")(gate)])


def convolutional(k):
    return k.Sequential([
        k.Input((16, 16, 3)), k.layers.Conv2D(6, 3, padding="same", use_bias=False), k.layers.BatchNormalization(),
        k.layers.ReLU(6.0), k.layers.MaxPooling2D(3, 2, padding="same"), k.layers.DepthwiseConv2D(3, strides=2, padding="same"),
        k.layers.LeakyReLU(), k.layers.SeparableConv2D(8, 3, activation="swish"), k.layers.ZeroPadding2D(((1, 0), (0, 1))),
        k.layers.Conv2D(4, 3, padding="same", activation="swish"), k.layers.AveragePooling2D(2),
        k.layers.GlobalAveragePooling2D(), k.layers.Dense(5)])


def residual(k):
    x = start = k.Input((12, 12, 2))
    for stride in (1, 2):
        y = k.layers.Conv2D(6, 3, stride, padding="same")(x)
        y = k.layers.Activation("relu")(k.layers.BatchNormalization()(y))
        y = k.layers.BatchNormalization()(k.layers.Conv2D(6, 3, padding="same")(y))
        squeezed = k.layers.GlobalAveragePooling2D(keepdims=True)(y)
        y = k.layers.Multiply()([y, k.layers.Conv2D(6, 1, activation="sigmoid")(squeezed)])
        x = k.layers.ReLU()(k.layers.Add()([y, k.layers.Conv2D(6, 1, stride)(x)]))
    return k.Model(start, k.layers.Dense(4)(k.layers.Flatten()(k.layers.MaxPooling2D()(x))))


def waves(k):
    return k.Sequential([
        k.Input((40, 2)), k.layers.Conv1D(6, 5, 2, padding="same", activation="selu"),
        k.layers.MaxPooling1D(2), k.layers.Conv1D(8, 3, padding="causal", dilation_rate=2, activation="relu"),
        k.layers.UpSampling1D(2), k.layers.Cropping1D(1), k.layers.AveragePooling1D(3, 1, padding="same"),
        k.layers.GlobalMaxPooling1D(), k.layers.Dense(2)])


def lstm(k):
    return k.Sequential([
        k.Input((None, 5)), k.layers.LSTM(6, return_sequences=True), k.layers.LSTM(4), k.layers.Dense(2)])


def gru(k):
    start = k.Input((None, 5))
    steps, last = k.layers.GRU(6, return_sequences=True, return_state=True)(start)
    return k.Model(start, [k.layers.Dense(3)(steps), last])


def both_ways(k):
    return k.Sequential([
        k.Input((None, 4)), k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True)),
        k.layers.Bidirectional(k.layers.SimpleRNN(3), merge_mode="sum"), k.layers.Dense(2)])


def attention(k):
    x = start = k.Input((None, 8))
    x = k.layers.LayerNormalization()(k.layers.Add()([x, k.layers.MultiHeadAttention(2, 4)(x, x)]))
    y = k.layers.Dense(8)(k.layers.Dense(12, activation="swish")(x))
    x = k.layers.LayerNormalization(epsilon=1e-6)(k.layers.Add()([x, y]))
    return k.Model(start, [x, k.layers.Dense(2)(k.layers.GlobalAveragePooling1D()(x))])


def words(k):
    ids = k.Input((None,), dtype="int32")
    x = k.layers.Embedding(25, 6)(ids)
    y = k.layers.Conv1D(6, 3, padding="same", activation="relu")(x)
    x = k.layers.Concatenate()([k.layers.GlobalAveragePooling1D()(x), k.layers.GlobalMaxPooling1D()(y)])
    return k.Model(ids, k.layers.Dense(1, activation="sigmoid")(x))


def segmenter(k):
    start = k.Input((12, 12, 2))
    one = k.layers.Conv2D(4, 3, 2, padding="same", activation="relu")(start)
    two = k.layers.Conv2D(6, 3, 2, padding="same", activation="relu")(one)
    up = k.layers.Conv2DTranspose(4, 3, 2, padding="same")(two)
    x = k.layers.Concatenate()([one, up, k.layers.UpSampling2D(2, interpolation="bilinear")(two)])
    x = k.layers.UpSampling2D(2)(k.layers.Conv2D(4, 3, padding="same")(x))
    x = k.layers.Cropping2D(1)(k.layers.Conv2DTranspose(3, 4, 1, padding="valid")(x))
    return k.Model(start, k.layers.Softmax()(x))


def normalised(k):
    start = k.Input((4, 4, 8))
    x = k.layers.LayerNormalization(axis=[1, 2, 3])(start)
    x = k.layers.GroupNormalization(4)(k.layers.Conv2D(8, 1)(x))
    x = k.layers.PReLU(shared_axes=[1, 2])(k.layers.UnitNormalization()(x))
    x = k.layers.Permute((3, 1, 2))(x)
    x = k.layers.Reshape((8, -1))(x)
    return k.Model(start, [x, k.layers.Dot((2, 2), normalize=True)([x, x]), k.layers.Maximum()([x, k.layers.Average()([x, x])])])


def volume(k):
    return k.Sequential([
        k.Input((6, 8, 8, 1)), k.layers.Conv3D(3, 3, activation="relu"), k.layers.MaxPooling3D(2),
        k.layers.Flatten(), k.layers.RepeatVector(3), k.layers.Dense(2)])
