"""The perceptron behind Triton's Python backend."""

import triton_python_backend_utils as backend

from rivals.network import Network


class TritonPythonModel:
    """One instance; Triton gives it one request or several at a time."""

    def initialize(self, args):
        self._name = args["model_name"]
        self._network = Network()

    def execute(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        pixels = backend.get_input_tensor_by_name(request, "pixels").as_numpy()
        outputs = self._network.predict(self._name, pixels)
        return backend.InferenceResponse([backend.Tensor(key, value) for key, value in outputs.items()])
