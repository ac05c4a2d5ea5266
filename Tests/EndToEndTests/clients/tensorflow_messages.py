"""TensorFlow Serving's messages, made from descriptors that say what its `.proto` files do: the package that has them
brings TensorFlow along."""

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory, wrappers_pb2

SCALARS = {
    "string": 9, "bytes": 12, "float": 2, "double": 1, "int32": 5, "int64": 3, "uint32": 13, "uint64": 4, "bool": 8,
    "enum": 5}

# Message: fields as "name number type"; `*` for repeated, `map<type>` for a map from strings.
MESSAGES = {
    "tensorflow.TensorShapeProto.Dim": ["size 1 int64", "name 2 string"],
    "tensorflow.TensorShapeProto": ["dim 2 *tensorflow.TensorShapeProto.Dim", "unknown_rank 3 bool"],
    "tensorflow.TensorProto": [
        "dtype 1 enum", "tensor_shape 2 tensorflow.TensorShapeProto", "version_number 3 int32", "tensor_content 4 bytes",
        "half_val 13 *int32", "float_val 5 *float", "double_val 6 *double", "int_val 7 *int32", "string_val 8 *bytes",
        "int64_val 10 *int64", "bool_val 11 *bool", "uint32_val 16 *uint32", "uint64_val 17 *uint64"],
    "tensorflow.TensorInfo": ["name 1 string", "dtype 2 enum", "tensor_shape 3 tensorflow.TensorShapeProto"],
    "tensorflow.SignatureDef": [
        "inputs 1 map<tensorflow.TensorInfo>", "outputs 2 map<tensorflow.TensorInfo>", "method_name 3 string"],
    "tensorflow.BytesList": ["value 1 *bytes"],
    "tensorflow.FloatList": ["value 1 *float"],
    "tensorflow.Int64List": ["value 1 *int64"],
    "tensorflow.Feature": [
        "bytes_list 1 tensorflow.BytesList", "float_list 2 tensorflow.FloatList", "int64_list 3 tensorflow.Int64List"],
    "tensorflow.Features": ["feature 1 map<tensorflow.Feature>"],
    "tensorflow.Example": ["features 1 tensorflow.Features"],
    "tensorflow.serving.ModelSpec": [
        "name 1 string", "version 2 google.protobuf.Int64Value", "signature_name 3 string", "version_label 4 string"],
    "tensorflow.serving.PredictRequest": [
        "model_spec 1 tensorflow.serving.ModelSpec", "inputs 2 map<tensorflow.TensorProto>", "output_filter 3 *string"],
    "tensorflow.serving.PredictResponse": [
        "outputs 1 map<tensorflow.TensorProto>", "model_spec 2 tensorflow.serving.ModelSpec"],
    "tensorflow.serving.ExampleList": ["examples 1 *tensorflow.Example"],
    "tensorflow.serving.ExampleListWithContext": ["examples 1 *tensorflow.Example", "context 2 tensorflow.Example"],
    "tensorflow.serving.Input": [
        "example_list 1 tensorflow.serving.ExampleList",
        "example_list_with_context 2 tensorflow.serving.ExampleListWithContext"],
    "tensorflow.serving.ClassificationRequest": [
        "model_spec 1 tensorflow.serving.ModelSpec", "input 2 tensorflow.serving.Input"],
    "tensorflow.serving.Class": ["label 1 string", "score 2 float"],
    "tensorflow.serving.Classifications": ["classes 1 *tensorflow.serving.Class"],
    "tensorflow.serving.ClassificationResult": ["classifications 1 *tensorflow.serving.Classifications"],
    "tensorflow.serving.ClassificationResponse": [
        "result 1 tensorflow.serving.ClassificationResult", "model_spec 2 tensorflow.serving.ModelSpec"],
    "tensorflow.serving.RegressionRequest": [
        "model_spec 1 tensorflow.serving.ModelSpec", "input 2 tensorflow.serving.Input"],
    "tensorflow.serving.Regression": ["value 1 float"],
    "tensorflow.serving.RegressionResult": ["regressions 1 *tensorflow.serving.Regression"],
    "tensorflow.serving.RegressionResponse": [
        "result 1 tensorflow.serving.RegressionResult", "model_spec 2 tensorflow.serving.ModelSpec"],
    "tensorflow.serving.SignatureDefMap": ["signature_def 1 map<tensorflow.SignatureDef>"],
    "tensorflow.serving.GetModelMetadataRequest": [
        "model_spec 1 tensorflow.serving.ModelSpec", "metadata_field 2 *string"],
    "tensorflow.serving.GetModelMetadataResponse": [
        "model_spec 1 tensorflow.serving.ModelSpec", "metadata 2 map<google.protobuf.Any>"],
    "tensorflow.serving.GetModelStatusRequest": ["model_spec 1 tensorflow.serving.ModelSpec"],
    "tensorflow.serving.StatusProto": ["error_code 1 enum", "error_message 2 string"],
    "tensorflow.serving.ModelVersionStatus": [
        "version 1 int64", "state 2 enum", "status 3 tensorflow.serving.StatusProto"],
    "tensorflow.serving.GetModelStatusResponse": [
        "model_version_status 1 *tensorflow.serving.ModelVersionStatus"],
}


def set_type(field, kind: str) -> None:
    if kind in SCALARS:
        field.type = SCALARS[kind]
    else:
        field.type, field.type_name = 11, "." + kind


def add_field(message, line: str, full_name: str) -> None:
    name, number, kind = line.split()
    field = message.field.add(name=name, number=int(number), label=3 if kind[0] == "*" or kind[:4] == "map<" else 1)
    if kind.startswith("map<"):
        entry = message.nested_type.add(name="".join(part.title() for part in name.split("_")) + "Entry")
        entry.options.map_entry = True
        set_type(entry.field.add(name="key", number=1, label=1), "string")
        set_type(entry.field.add(name="value", number=2, label=1), kind[4:-1])
        field.type, field.type_name = 11, f".{full_name}.{entry.name}"
    else:
        set_type(field, kind.lstrip("*"))


def make() -> dict[str, type]:
    pool = descriptor_pool.DescriptorPool()
    for module in (any_pb2, wrappers_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for package in ("tensorflow", "tensorflow.serving"):
        file = descriptor_pb2.FileDescriptorProto(name=package + ".proto", package=package, syntax="proto3")
        file.dependency.extend(["google/protobuf/any.proto", "google/protobuf/wrappers.proto"])
        if package == "tensorflow.serving":
            file.dependency.append("tensorflow.proto")
        made = {}
        for full_name, fields in sorted(MESSAGES.items(), key=lambda each: each[0].count(".")):
            outer, name = full_name.rsplit(".", 1)
            if outer == package:
                made[full_name] = file.message_type.add(name=name)
            elif outer in made:
                made[full_name] = made[outer].nested_type.add(name=name)
            else:
                continue
            for line in fields:
                add_field(made[full_name], line, full_name)
        pool.Add(file)
    return {
        name.rsplit(".", 1)[1]: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in MESSAGES}


CLASSES = make()
