"""The networks that generate_torch.py exports: small, of as many different operators as possible."""

import torch
from torch import nn
from torch.nn import functional as F
from torchvision import ops


class Norm(nn.Module):
    """Every normalisation, and activations that are rarer."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3, padding="same")
        self.group, self.instance = nn.GroupNorm(4, 8), nn.InstanceNorm2d(8, affine=True)
        self.local, self.slope = nn.LocalResponseNorm(3), nn.PReLU(8)
        self.layer = nn.LayerNorm([8, 6, 6])

    def forward(self, x):
        x = F.silu(self.group(self.convolution(x)))
        x = self.slope(self.instance(x)) + F.mish(x)
        x = F.hardswish(self.local(x)) * torch.sigmoid(F.elu(x))
        return self.layer(x), F.normalize(x.mean((2, 3)), dim=1), F.softplus(x).amax(1)


class Residual(nn.Module):
    """Two residual blocks, one with squeeze and excitation."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.one = nn.Sequential(
            nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 2, 1), nn.ReLU(), nn.Conv2d(2, 8, 1), nn.Hardsigmoid())
        self.shrink = nn.Conv2d(8, 12, 1, 2)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = self.stem(x)
        x = F.relu(x + self.one(x))
        x = self.shrink(x * self.gate(x))
        return self.head(F.avg_pool2d(x, 2, 2, 1, ceil_mode=True, count_include_pad=False).flatten(2).mean(-1))


def convolutional():
    """Ordinary, grouped, depthwise and dilated; normalised after the activation, so that it cannot be folded away."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.BatchNorm2d(8), nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(8, 8, 3, groups=8, padding=1), nn.GELU(), nn.Conv2d(8, 12, 3, dilation=2, padding=2, groups=4),
        nn.LeakyReLU(0.2), nn.MaxPool2d(2, ceil_mode=True), nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(12, 10), nn.LogSoftmax(1))


class UNet(nn.Module):
    """Down, up again three ways, joined with what was there; heights and widths stay open."""

    def __init__(self):
        super().__init__()
        self.down, self.deep = nn.Conv2d(2, 6, 3, 2, 1), nn.Conv2d(6, 8, 3, 2, 1)
        self.up, self.wide = nn.ConvTranspose2d(8, 6, 4, 2, 1), nn.Conv2d(12, 8, 3, padding=1)
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        one = F.relu(self.down(x))
        two = F.relu(self.deep(one))
        near = F.interpolate(self.up(two), size=one.shape[2:], mode="nearest")
        three = self.wide(torch.cat([one, near], 1))
        four = torch.cat([F.pixel_shuffle(three, 2), F.interpolate(one, scale_factor=2.0, mode="bilinear")[:, :2]], 1)
        answer = F.interpolate(self.last(four), size=x.shape[2:], mode="bilinear", align_corners=False)
        return F.pad(answer, (1, 2, 0, 1), mode="reflect")


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.cell = kind(5, 6, **options)
        self.head = nn.Linear(6 * (2 if options.get("bidirectional") else 1), 3)

    def forward(self, x):
        states, last = self.cell(x)
        return (self.head(states), *(last if isinstance(last, tuple) else (last,)))


class Encoder(nn.Module):
    """Tokens, positions, two transformer layers with a mask over what is padded; batch and length stay open."""

    def __init__(self, layers=2, vocabulary=31, width=8):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(16, width)
        layer = nn.TransformerEncoderLayer(width, 4, 12, activation="gelu", batch_first=True, norm_first=True)
        self.layers = nn.ModuleList([layer, nn.TransformerEncoderLayer(width, 2, 12, batch_first=True)][:layers])
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids, mask):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1])[None])
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=mask == 0)
        return self.head(x), torch.tanh(x[:, 0])


class RootMeanSquare(nn.Module):
    """As written before PyTorch had its own."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class Decoder(nn.Module):
    """One step of generation with rotary positions: keys and values of the past come in and go out, longer."""

    def __init__(self, norm, width=16, heads=4):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.tokens, self.norm = nn.Embedding(29, width), norm(width)
        self.query, self.pair, self.out = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.register_buffer("speeds", 0.1 ** torch.arange(0, self.size, 2).float())

    def turned(self, x, first):
        angles = (torch.arange(x.shape[2]) + first)[:, None] * self.speeds
        cos, sin = angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)
        half = x.shape[-1] // 2
        return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin

    def forward(self, ids, keys, values):
        x = self.norm(self.tokens(ids))
        past, new = keys.shape[2], ids.shape[1]
        query = self.query(x).view(x.shape[0], new, self.heads, self.size).transpose(1, 2)
        key, value = self.pair(x).view(x.shape[0], new, 2, 2, self.size).permute(2, 0, 3, 1, 4)
        keys, values = torch.cat([keys, self.turned(key, past)], 2), torch.cat([values, value], 2)
        mask = torch.arange(past + new)[None] <= torch.arange(new)[:, None] + past
        wide = [cache.repeat_interleave(2, 1) for cache in (keys, values)]
        answer = F.scaled_dot_product_attention(self.turned(query, past), *wide, attn_mask=mask)
        return self.out(answer.transpose(1, 2).flatten(2)) @ self.tokens.weight.T, keys, values


class VisionTransformer(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.token, self.places = nn.Parameter(torch.randn(1, 1, width)), nn.Parameter(torch.randn(1, 10, width))
        self.attention, self.norms = nn.MultiheadAttention(width, 4, batch_first=True), nn.ModuleList(
            [nn.LayerNorm(width) for _ in range(3)])
        self.dense = nn.Sequential(nn.Linear(width, 16), nn.GELU(approximate="tanh"), nn.Linear(16, width))
        self.head = nn.Linear(width, 7)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        normed = self.norms[0](x)
        attended, weights = self.attention(normed, normed, normed)
        x = x + attended
        x = x + self.dense(self.norms[1](x))
        return self.head(self.norms[2](x)[:, 0]), weights


class Bags(nn.Module):
    """Sums and means of embeddings, and the distance between them."""

    def __init__(self):
        super().__init__()
        self.words, self.users = nn.EmbeddingBag(40, 8, mode="mean"), nn.Embedding(12, 8, padding_idx=0)

    def forward(self, words, users):
        one, other = self.words(words), self.users(users).sum(1)
        distances = (one[:, None] - other[None]).norm(dim=-1)
        return F.cosine_similarity(one, other), distances.argmin(-1), one.norm(dim=1)


class Detector(nn.Module):
    """A head over a grid: the best three places by score, their boxes by what was gathered."""

    def __init__(self, suppresses):
        super().__init__()
        self.suppresses = suppresses
        self.body, self.scores, self.boxes = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 3, 1), nn.Conv2d(8, 4, 1)

    def forward(self, x):
        x = F.relu(self.body(x))
        scores = self.scores(x).sigmoid().flatten(2).transpose(1, 2)
        boxes = self.boxes(x).flatten(2).transpose(1, 2)
        best, labels = scores.max(-1)
        top, places = best.topk(3, dim=1)
        picked = boxes.gather(1, places[..., None].expand(-1, -1, 4))
        corners = torch.cat([picked[..., :2] - picked[..., 2:].exp(), picked[..., :2] + picked[..., 2:].exp()], -1)
        if self.suppresses:
            kept = ops.nms(corners[0], top[0], 0.4)
            return corners[0][kept], top[0][kept]
        return corners, top, labels.gather(1, places)


class Indexing(nn.Module):
    """What NumPy people write: slices, masks, scatters, sums along the way, sorts, products by letters."""

    def forward(self, x, index):
        length = x.shape[1]
        shifted = torch.roll(x, 1, 1).flip(2)[:, :, 1::2]
        below = torch.tril(torch.ones(length, length)).bool()
        masked = torch.einsum("btc,bsc->bts", x, x).masked_fill(~below, -10.0).softmax(-1)
        ordered, order = x.sort(1, descending=True)
        scattered = torch.zeros(x.shape[0], 9).scatter_add(1, index, torch.ones_like(index, dtype=torch.float32))
        hot = F.one_hot(index, 9).cumsum(1)
        chosen = torch.where(x > 0, x, x.abs().sqrt()).clamp(-1, 1)
        windows = x.unfold(2, 2, 1).prod(-1)
        halves = x.chunk(2, 2)
        return (shifted, masked, ordered + chosen, order, scattered, hot, windows, halves[0] - halves[1],
                torch.stack([x.var(1), x.std(1)]), (x > 0).any(1), x.logsumexp(2), x.argmax(1))


class Signals(nn.Module):
    """One dimension, and three."""

    def __init__(self):
        super().__init__()
        self.one = nn.Sequential(nn.Conv1d(2, 8, 5, 2, 2), nn.GLU(1), nn.AvgPool1d(3, 2, 1), nn.ConvTranspose1d(4, 3, 3, 2, 1, 1))
        self.three = nn.Sequential(nn.Conv3d(1, 2, (1, 3, 3)), nn.ReLU(), nn.MaxPool3d((1, 2, 2)), nn.AdaptiveMaxPool3d(1))

    def forward(self, x, volume):
        return F.interpolate(self.one(x), scale_factor=1.5, mode="linear"), self.three(volume).flatten(1)


class Several(nn.Module):
    """Inputs and outputs of several types, one output from a constant, one that is an input."""

    def __init__(self):
        super().__init__()
        self.numbers, self.kinds = nn.Linear(4, 6), nn.Embedding(5, 6)

    def forward(self, numbers, kinds, flags):
        x = self.numbers(numbers) * self.kinds(kinds)
        x = torch.where(flags[:, None], x, -x)
        return x, x.argmax(1), x.sum(1) > 0, kinds, x.to(torch.int32), x.double().mean()


class Branches(nn.Module):
    """For scripting: a branch by the data, a loop by the length, a loop until enough."""

    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.Linear(8, 4), nn.Linear(4, 2)

    def forward(self, x):
        state = torch.zeros(x.size(0), 4)
        for step in range(x.size(1)):
            state = torch.tanh(self.cell(torch.cat([x[:, step], state], 1)))
        if bool(state.sum() > 0):
            answer = self.head(state)
        else:
            answer = self.head(-state) * 2
        rounds = 0
        while bool(answer.abs().sum() < 40) and rounds < 9:
            answer = answer * 2 + 0.1
            rounds += 1
        return answer, torch.tensor(rounds)


class Conditional(nn.Module):
    """A branch as torch.export wants it."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: self.one(x).relu(), lambda x: self.other(x).tanh(), (x,))


class Quantised(nn.Module):
    """Trained for 8 bits: values and weights pass through the steps that they will be rounded to."""

    def __init__(self):
        super().__init__()
        self.convolution, self.head = nn.Conv2d(1, 6, 3), nn.Linear(6, 4)

    def forward(self, x):
        x = torch.fake_quantize_per_tensor_affine(x, 0.03, 0, -128, 127)
        scales = self.convolution.weight.detach().abs().amax((1, 2, 3)) / 127
        weight = torch.fake_quantize_per_channel_affine(
            self.convolution.weight, scales, torch.zeros(6, dtype=torch.int32), 0, -128, 127)
        x = F.relu(F.conv2d(x, weight, self.convolution.bias))
        x = torch.fake_quantize_per_tensor_affine(x, 0.02, 10, 0, 255)
        return self.head(x.mean((2, 3)))


class Half(nn.Module):
    """Weights and sums of 16 bits, inputs and outputs of 32."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 3)).half()

    def forward(self, x):
        return self.body(x.half()).float()


class Brain(nn.Module):
    """Weights kept as bfloat16, sums of 32 bits: engines have few operators for bfloat16 on processors."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(6, 8).bfloat16(), nn.Linear(8, 3).bfloat16()

    def forward(self, x):
        for layer in [self.one, self.other]:
            x = F.linear(F.silu(x), layer.weight.float(), layer.bias.float())
        return x, x.bfloat16().float()
