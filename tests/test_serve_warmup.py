"""The model folder and the deployment files are what TensorFlow Serving expects."""

import shutil
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from stand_in_model import write_stand_in

from kmu import cli  # noqa: F401  (the package imports without the extra)
from kmu.errors import InputError, exit_code
from kmu.serving.warmup import main, models_config, write_warmup

DEPLOY = files("kmu.serving") / "deploy"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("models") / "kmu" / "1")


def test_a_missing_extra_is_named(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(InputError, match=r"pip install 'kmu\[tfserving\]'"):
        write_warmup(model, "kmu")


def test_a_missing_model_is_exit_code_2(tmp_path, capsys):
    assert exit_code(lambda: main([str(tmp_path)])) == 2
    assert "holds no SavedModel" in capsys.readouterr().err


def test_the_shipped_models_config_is_the_generated_one():
    assert (DEPLOY / "models.config").read_text() == models_config({"kmu": "/models/kmu"})


def test_the_manifests_are_yaml_and_agree_with_the_models_config():
    yaml = pytest.importorskip("yaml")
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    mounted = [volume.split(":")[1] for volume in compose["services"]["kmu"]["volumes"][1:]]
    for path in mounted:
        assert (DEPLOY / path.rsplit("/", 1)[-1]).is_file() or "}" in path
    manifests = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
    # Batching would mix recordings of unlike shape or rate.
    assert not any("batching" in part for part in compose["services"]["kmu"]["command"])
    assert [item["kind"] for item in manifests] == ["ConfigMap", "Deployment", "Service"]
    for name, text in manifests[0]["data"].items():
        assert text == (DEPLOY / name).read_text()
    container = manifests[1]["spec"]["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]["httpGet"]["path"] == "/v1/models/kmu"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": 8500, "rest": 8501}


def test_the_models_config_is_a_valid_message_of_tensorflow_serving():
    pytest.importorskip("tensorflow_serving", reason="the extra 'tfserving' is not installed")
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    server = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((DEPLOY / "models.config").read_text(), server)
    assert [item.name for item in server.model_config_list.config] == ["kmu"]


def test_warm_up_requests_are_messages_that_the_signature_accepts_and_answers(model, tmp_path):
    pytest.importorskip("tensorflow_serving", reason="the extra 'tfserving' is not installed")
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

    folder = tmp_path / "kmu" / "1"
    shutil.copytree(model, folder)
    path = write_warmup(folder, "kmu", [(1, 20, 16, 16), (3, 31, 16, 24)])
    assert path.relative_to(folder).as_posix() == "assets.extra/tf_serving_warmup_requests"
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    shapes = []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        assert (request.model_spec.name, request.model_spec.signature_name) == (
            "kmu",
            "serving_default",
        )
        inputs = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
        outputs = signature(**inputs)
        response = predict_pb2.PredictResponse()
        for key, value in outputs.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        answer = predict_pb2.PredictResponse.FromString(response.SerializeToString())
        batch, frames, depth, width = inputs["velocity"].shape
        count = len(tf.make_ndarray(answer.outputs["valid"])[0])
        territory = tf.make_ndarray(answer.outputs["territory"])
        assert territory.shape == (batch, count, depth, width)
        assert tf.make_ndarray(answer.outputs["twitch_train"]).shape == (batch, count, frames)
        shapes.append((batch, frames, depth, width))
    assert shapes == [(1, 20, 16, 16), (3, 31, 16, 24)]


@pytest.mark.slow
def test_saved_model_cli_runs_the_signature(model, tmp_path):
    np.savez(
        tmp_path / "inputs.npz",
        velocity=np.ones((1, 20, 16, 16), np.float32),
        frame_rate=np.float32([100]),
        spacing=np.float32([[0.625, 0.625]]),
    )
    names = ("velocity", "frame_rate", "spacing")
    inputs = ";".join(f"{name}={tmp_path / 'inputs.npz'}[{name}]" for name in names)
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "run"]
    command += ["--dir", str(model), "--tag_set", "serve", "--signature_def", "serving_default"]
    subprocess.run(
        [*command, "--inputs", inputs, "--outdir", str(tmp_path / "out")],
        check=True,
        capture_output=True,
    )
    territory = np.load(tmp_path / "out" / "territory.npy")
    assert territory.shape == (1, 64, 16, 16)
