"""A network behind a runtime of MLServer's."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse

from rivals.network import Network


class OnnxModel(MLModel):
    """All networks, each under its own name."""

    async def load(self):
        self._network = Network()
        return True

    async def predict(self, payload):
        values = NumpyCodec.decode_input(payload.inputs[0])
        outputs = self._network.predict(self.name, values.astype("float32", copy=False))
        return InferenceResponse(
            model_name=self.name, id=payload.id,
            outputs=[NumpyCodec.encode_output(key, value) for key, value in outputs.items()])
