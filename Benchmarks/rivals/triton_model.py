"""A network behind Triton's Python backend."""

import json

import triton_python_backend_utils as backend

from rivals.network import Network


class TritonPythonModel:
    """One instance; Triton gives it one request or several at a time."""

    def initialize(self, args):
        self._name = args["model_name"]
        self._input = json.loads(args["model_config"])["input"][0]["name"]
        self._network = Network()

    def execute(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        values = backend.get_input_tensor_by_name(request, self._input).as_numpy()
        outputs = self._network.predict(self._name, values)
        return backend.InferenceResponse([backend.Tensor(key, value) for key, value in outputs.items()])
