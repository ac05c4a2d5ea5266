"""Trains the two digit networks and returns their weights as FP32 arrays, named as `graphs.py` wants them.

One thread, fixed seeds, and a fixed instruction set (see `generate.py`), so that a second run gives the same bytes.
"""

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from torch import nn

SEED = 17


def train_perceptron(images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Fits a 64-128-64-10 perceptron with scikit-learn. `images` are [count, 64], scaled to 0...1."""
    classifier = MLPClassifier(hidden_layer_sizes=(128, 64), alpha=1e-3, max_iter=400, random_state=SEED)
    classifier.fit(images, labels)
    weights = {}
    for name, matrix, bias in zip(("hidden1", "hidden2", "output"), classifier.coefs_, classifier.intercepts_):
        weights[f"{name}.weight"] = matrix.astype(np.float32)
        weights[f"{name}.bias"] = bias.astype(np.float32)
    return weights


class ConvolutionalNetwork(nn.Module):
    """The network that `graphs.convolutional` writes down, with dropout while training."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.conv3 = nn.Conv2d(32, 32, 3, padding=1)
        self.hidden = nn.Linear(32 * 4 * 4, 64)
        self.output = nn.Linear(64, 10)
        self.dropout = nn.Dropout(0.3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        value = torch.relu(self.conv1(images))
        value = torch.max_pool2d(torch.relu(self.conv2(value)), 2)
        value = self.dropout(torch.relu(self.conv3(value)).flatten(1))
        value = self.dropout(torch.relu(self.hidden(value)))
        return self.output(value)


def train_convolutional(images: np.ndarray, labels: np.ndarray, epochs: int = 60) -> dict[str, np.ndarray]:
    """Trains the convolutional network with Adam on images shifted by up to one pixel. `images` as above."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    inputs = torch.from_numpy(images).reshape(-1, 1, 8, 8)
    targets = torch.from_numpy(labels)
    network = ConvolutionalNetwork()
    batch, steps = 64, -(-len(inputs) // 64)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=epochs * steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    for _ in range(epochs):
        order = torch.randperm(len(inputs))
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            optimizer.zero_grad()
            loss_of(network(_shifted(inputs[chosen])), targets[chosen]).backward()
            optimizer.step()
            schedule.step()
    return _weights(network)


def _shifted(images: torch.Tensor) -> torch.Tensor:
    """Each image moved by -1, 0 or 1 pixel along each axis; what moves in is blank."""
    padded = nn.functional.pad(images, (1, 1, 1, 1))
    down, right = torch.randint(0, 3, (2, len(images), 1, 1))
    rows = down + torch.arange(8).reshape(1, 8, 1)
    columns = right + torch.arange(8).reshape(1, 1, 8)
    return padded[torch.arange(len(images)).reshape(-1, 1, 1), 0, rows, columns].unsqueeze(1)


def _weights(network: nn.Module) -> dict[str, np.ndarray]:
    """The network's arrays; dense weights turned to [in, out], as ONNX `Gemm` takes them untransposed."""
    weights = {}
    for name, value in network.state_dict().items():
        weights[name] = value.numpy().T if value.ndim == 2 else value.numpy()
    return weights
