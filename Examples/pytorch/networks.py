"""Small networks, one for each family of operators, and what each is asked."""

import torch
from torch import nn
from torch.nn import functional as F


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.second = nn.Conv2d(4, 8, 3, stride=2, groups=2, bias=False)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8, 10)

    def forward(self, image):
        x = self.pool(self.act(self.norm(self.first(image))))
        x = self.mean(F.hardswish(self.second(x)))
        return F.log_softmax(self.head(torch.flatten(x, 1)), dim=1)


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(6, 12), nn.GELU(), nn.LayerNorm(12), nn.Dropout(0.5), nn.Linear(12, 12), nn.SiLU()
        )
        self.head = nn.Linear(12, 3)

    def forward(self, x):
        y = self.body(x)
        y = y + 0.5 * self.body[0](x)
        return self.head(y).softmax(-1)


class Block(nn.Module):
    """A transformer block over words, as a person writes it."""

    def __init__(self, width=8, heads=2):
        super().__init__()
        self.heads = heads
        self.words = nn.Embedding(11, width)
        self.places = nn.Parameter(torch.zeros(16, width))
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.feed = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 16), nn.GELU(), nn.Linear(16, width))
        self.head = nn.Linear(width, 4)

    def forward(self, tokens):
        b, t = tokens.shape
        x = self.words(tokens) + self.places[:t]
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=-1)
        q, k, v = (a.reshape(b, t, self.heads, -1).transpose(1, 2) for a in (q, k, v))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(a.transpose(1, 2).reshape(b, t, -1))
        x = x + self.feed(x)
        return self.head(x.mean(dim=1))


class Encoder(nn.Module):
    """PyTorch's own encoder layer, with a mask."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x):
        return self.layer(x)


class Upsampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.grow = nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1)
        self.norm = nn.GroupNorm(2, 4)
        self.shuffle = nn.PixelShuffle(2)
        self.last = nn.Conv2d(1, 2, 3, padding="same", padding_mode="zeros")

    def forward(self, image):
        x = F.leaky_relu(self.norm(self.grow(image)), 0.2)
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        x = F.pad(x, (1, 0, 2, 1))
        x = x[:, :, 1:, :-1]
        x = self.last(self.shuffle(x[:, :, : 4 * 2 * 4, : 4 * 2 * 4]))
        return torch.sigmoid(x).mean(dim=(2, 3))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(8, 5, batch_first=True)
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        y, _ = self.lstm(x)
        y, last = self.gru(y)
        return {"steps": torch.tanh(y), "answer": self.head(last[0])}


class Arithmetic(nn.Module):
    """Element by element, with numbers, types and broadcasting."""

    def forward(self, a, b):
        x = a.add(b, alpha=2) - 1 - b * 3
        x = torch.rsub(x, 2) / 4
        x = torch.where(x > 0, x.sqrt().clamp(0.1, 2), x.abs().rsqrt().clamp_max(3))
        y = torch.maximum(a, b).pow(2) + torch.exp(-a.abs()).log() + (a.pow(3) % 2)
        z = torch.cat([x, y], 1).masked_fill(torch.cat([a, b], 1) < -1, 0.5)
        n = torch.floor_divide(torch.arange(z.shape[1], dtype=torch.int64) - 3, 2)
        return z + n, torch.div(a, b.abs() + 1, rounding_mode="floor"), (a >= b).float() + F.elu(a)


class Shapes(nn.Module):
    """The same elements otherwise, and parts of them."""

    def forward(self, x):
        n = x.shape[0]
        a = x.permute(0, 2, 1).reshape(n, -1, 2).flatten(1)
        b = x.view(n, 2, 3, 4).transpose(1, 2).contiguous().view(n, 3, 8)
        c = torch.stack(x.unbind(1), -1).squeeze(0)
        d = x[:, 1:5:2, ::3].unsqueeze(1).expand(-1, 2, -1, -1)
        p, q = x.split([2, 4], dim=1)
        e = torch.cat([p.roll(1, 2), q.flip(1)], 1).index_select(2, torch.tensor([3, 0, 0]))
        f = x.select(1, -1).repeat(1, 2) + F.pad(x[:, 0], (2, 2), value=1.5)
        return a, b, c, d, e, f


class Reductions(nn.Module):
    def forward(self, x):
        values, places = x.max(dim=2)
        top, _ = x.topk(2, dim=-1)
        return {
            "values": values, "places": places, "mean": x.mean((1, 2)), "sum": x.sum(1, keepdim=True),
            "amax": x.amax((1, 2)), "var": x.var(dim=-1), "std": x.std(dim=1, unbiased=False), "top": top,
            "norm": F.normalize(x, dim=1), "first": x.argmin(1), "cumsum": x.cumsum(2), "lse": x.logsumexp(2),
        }


class Activations(nn.Module):
    def __init__(self):
        super().__init__()
        self.prelu = nn.PReLU(4)

    def forward(self, x):
        y = [
            F.relu6(x), F.hardtanh(x, -0.5, 0.7), F.hardsigmoid(x), F.selu(x), F.celu(x, 0.7), F.elu(x, 0.8),
            F.gelu(x), F.gelu(x, approximate="tanh"), F.mish(x), F.softplus(x), F.softplus(x, 2), F.logsigmoid(x),
            F.glu(x, 1), F.silu(x), F.softmax(x, 1), self.prelu(x), F.threshold(x, 0.1, 2.0), F.softmin(x, -1),
        ]
        return torch.cat([item.flatten(1) for item in y], 1)


class Pooling(nn.Module):
    def forward(self, x):
        y = [
            F.max_pool2d(x, 3, 2, ceil_mode=True), F.avg_pool2d(x, 2), F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
            F.adaptive_avg_pool2d(x, (3, 2)), F.adaptive_max_pool2d(x, 1), F.max_pool2d(x, 2, 1, dilation=2),
            F.interpolate(x, size=(5, 7)), F.interpolate(x, size=(9, 4), mode="bilinear", align_corners=True),
            F.interpolate(x, scale_factor=2, mode="bicubic"), F.instance_norm(x),
        ]
        return torch.cat([item.flatten(1) for item in y], 1)


def image(*shape):
    return lambda r: (r.normal(size=shape) * 16).round().astype("float32") / 8


def words(*shape):
    return lambda r: r.integers(0, 11, shape)


# Name: the network, what it is asked, and which axes are open, by input.
NETWORKS = {
    "convolutional": (Convolutional, [image(2, 1, 12, 12)], [{0: "n"}]),
    "perceptron": (Perceptron, [image(3, 6)], [{0: "n"}]),
    "block": (Block, [words(2, 5)], [{0: "n", 1: "t"}]),
    "encoder": (Encoder, [image(2, 5, 8)], [{}]),
    "upsampling": (Upsampling, [image(2, 3, 4, 4)], [{0: "n"}]),
    "recurrent": (Recurrent, [image(2, 4, 3)], [{}]),
    "arithmetic": (Arithmetic, [image(2, 4), image(2, 4)], [{0: "n"}, {0: "n"}]),
    "shapes": (Shapes, [image(2, 6, 4)], [{0: "n"}]),
    "reductions": (Reductions, [image(2, 3, 4)], [{}]),
    "activations": (Activations, [image(2, 4, 3)], [{}]),
    "pooling": (Pooling, [image(1, 2, 6, 8)], [{}]),
}
