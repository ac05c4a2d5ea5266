"""a sentence transformer in fewer bits: the recipes beside onnxruntime.quantization and OpenVINO's bf16"""

import json
import os
import subprocess
import sys
import tempfile
import time

import numpy
import onnxruntime
import openvino

from harness import sentence_model
from harness.machine import ROOT
from harness.report import Report, milliseconds, times
from harness.servers import SLIPWAY, engines
from optimize import profiles
from optimize.goals import Goals

FOLDER = ROOT / ".build" / "bench" / "transformer"
RIVAL = "onnxruntime.quantization, per channel"
RECIPES = ["int8-dynamic", "int8-weights", "int4-weights", "fp16"]
# What OpenVINO is told is a step of a recipe: it rounds activations in groups of 32 where nobody says how many.
GROUPED = "OpenVINO int8-dynamic, groups of 128"
GROUPED_STEPS = [
    {"step": "passes"}, {"step": "int8-dynamic", "target": "openvino"},
    {"step": "engine", "target": "openvino", "roundingGroup": 128}]


def main():
    report = Report("transformer")
    goals = Goals(report)
    measure(report, goals, RECIPES)
    goals.show()
    return report.finish()


def measure(report, goals, recipes, profile=False):
    """The recipes through the command line; they are judged here on rows that they never saw."""
    held = prepare(report)
    onnxruntime.set_default_logger_severity(3)
    kept = {"float": (FOLDER / "float.onnx", None)}
    for recipe in recipes:
        kept[recipe] = optimised(report, recipe)
    kept[RIVAL] = rival(report)
    runs = {name: ours(path) for name, (path, _) in kept.items()}
    kept["OpenVINO int8-dynamic"] = optimised(report, "int8-dynamic", "--target-engine", "openvino")
    runs |= {f"OpenVINO {precision}": theirs(FOLDER / "float.onnx", precision) for precision in ("f32", "bf16")}
    runs["OpenVINO int8-dynamic"] = theirs(kept["OpenVINO int8-dynamic"][0], "f32")
    kept[GROUPED], told = grouped(report)
    runs[GROUPED] = theirs(kept[GROUPED][0], "f32", told["roundingGroup"])
    answers = {name: embeddings(run, held) for name, run in runs.items()}
    best = latencies(runs, rounds=report.pick(60, 10))
    found = show(report, kept, answers, best)
    rival_speed, rival_cosine = found[RIVAL]
    speed, cosine = found["int8-dynamic"]
    words = f"{times(rival_speed)} at {rival_cosine:.4f}"
    goals.at_least(f"transformer, sequence {sentence_model.SEQUENCE}, ONNX Runtime, int8: over FP32", 1.8, speed, "x", words)
    goals.at_least("the same: cosine on rows that calibration did not see", 0.998, cosine, "", words)
    # The goal is 2x at 0.99 in integers, or 1.9x at 0.9999 in bf16 where that is better.
    speed, cosine = found[GROUPED]
    words = f"bf16 {times(found['OpenVINO bf16'][0])} at {found['OpenVINO bf16'][1]:.4f}"
    goals.at_least("transformer, OpenVINO, int8: over FP32", 2, speed, "x", words)
    goals.at_least("the same: cosine", 0.99, cosine, "", words)
    if profile:
        profiles.show(report, {
            "transformer, ONNX Runtime, float": profiles.onnx_runtime(FOLDER / "float.onnx", full_sequence()),
            "transformer, ONNX Runtime, int8-dynamic": profiles.onnx_runtime(kept["int8-dynamic"][0], full_sequence()),
            "transformer, OpenVINO, float": profiles.open_vino(FOLDER / "float.onnx", full_sequence()),
            "transformer, OpenVINO, bf16": profiles.open_vino(FOLDER / "float.onnx", full_sequence(), "bf16"),
            "transformer, OpenVINO, int8": profiles.open_vino(kept["OpenVINO int8-dynamic"][0], full_sequence()),
            "transformer, OpenVINO, int8, groups of 128": profiles.open_vino(
                kept[GROUPED][0], full_sequence(), group=told["roundingGroup"])})


def prepare(report):
    """The model and rows for calibration, once; the rows that judge."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "float.onnx").exists():
        report.say("building the model from its weights")
        subprocess.run([sys.executable, "-m", "harness.sentence_model", FOLDER / "float.onnx"], check=True)
    texts = sentence_model.sentences(ROOT)
    joined = [" ".join(texts[start:start + 4]) for start in range(48, 112, 4)]
    numpy.savez(FOLDER / "calibration.npz", **sentence_model.encoded(texts[:48] + joined))
    return sentence_model.encoded(texts[150:150 + report.pick(300, 60)])


def optimised(report, recipe, *options, name=None):
    """The file that `slipway optimize` makes, and the seconds that it took."""
    report.say(" ".join(["slipway optimize --recipe", *map(str, [recipe, *options])]))
    path = FOLDER / f"{name or '-'.join([recipe, *options[1:]])}.onnx"
    path.unlink(missing_ok=True)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as home:
        subprocess.run(
            [
                SLIPWAY, "optimize", FOLDER / "float.onnx", "--recipe", recipe, "--calibration",
                FOLDER / "calibration.npz", "--no-speed", *options, "--output", path,
            ], env={**os.environ, "SLIPWAY_ENGINES": str(engines()), "SLIPWAY_HOME": home}, stdout=subprocess.DEVNULL,
            check=True)
    return path, time.perf_counter() - began


def grouped(report):
    """A file made by a recipe with what the engine is told, and that as the recipe that was carried out has it."""
    steps, saved = FOLDER / "grouped.json", FOLDER / "grouped-saved.json"
    steps.write_text(json.dumps(GROUPED_STEPS))
    kept = optimised(report, steps, "--engine", "openvino", "--save-recipe", saved, name="int8-dynamic-grouped")
    return kept, json.loads(saved.read_text())["steps"][-1]


def rival(report):
    """What the engine's own tool makes."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    report.say("onnxruntime.quantization")
    path = FOLDER / "rival.onnx"
    began = time.perf_counter()
    quantize_dynamic(FOLDER / "float.onnx", path, per_channel=True, weight_type=QuantType.QInt8)
    return path, time.perf_counter() - began


def ours(path):
    """Runs a file on ONNX Runtime with one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    return lambda inputs: session.run(None, inputs)[0]


def theirs(path, precision, group=None):
    """Runs a file on OpenVINO with one thread, a precision, and groups of so many activations (None: its own choice)."""
    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1}
    if group:
        settings["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = group
    request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()
    return lambda inputs: numpy.array(request.infer(inputs)["embedding"])


def embeddings(run, held):
    rows = range(len(held["input_ids"]))
    found = numpy.concatenate([run({name: array[row:row + 1] for name, array in held.items()}) for row in rows])
    return found / numpy.linalg.norm(found, axis=1, keepdims=True)


def full_sequence():
    words = numpy.random.default_rng(0).integers(1000, 20000, (1, sentence_model.SEQUENCE))
    return {"input_ids": words, "attention_mask": numpy.ones_like(words)}


def latencies(runs, rounds):
    """Seconds of the shortest run of each, turn by turn, on a full sequence."""
    inputs = full_sequence()
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.perf_counter()
            run(inputs)
            best[name] = min(best[name], time.perf_counter() - began)
    return best


def nearest(found):
    """For each sentence, which other is nearest."""
    return (found @ found.T - 2 * numpy.eye(len(found))).argmax(1)


def show(report, kept, answers, best):
    """Table and lines; of each form its speed and its mean cosine."""
    exact, rows, figures = answers["float"], [], {}
    for name, found in answers.items():
        cosines = (exact * found).sum(1)
        agreement = (nearest(exact) == nearest(found)).mean()
        path, seconds = kept.get(name, (FOLDER / "float.onnx", None))
        speed = best["OpenVINO f32" if name.startswith("OpenVINO") else "float"] / best[name]
        report.record(
            form=name, bytes=path.stat().st_size, seconds=seconds, latency=best[name], speed=speed,
            cosine=float(cosines.mean()), least=float(cosines.min()), nearest=float(agreement))
        rows.append([
            name, f"{path.stat().st_size / 1e6:.1f}", milliseconds(best[name]), times(speed), f"{cosines.mean():.4f}",
            f"{cosines.min():.4f}", f"{agreement:.0%}", "" if seconds is None else f"{seconds:.1f}"])
        figures[name] = (float(speed), float(cosines.mean()))
    report.table(
        [
            f"sequence {sentence_model.SEQUENCE}, one thread", "MB", "ms", "times as fast", "cosine", "least",
            "same nearest", "s to make",
        ], rows)
    return figures


if __name__ == "__main__":
    sys.exit(main())
