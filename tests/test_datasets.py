import numpy as np
import pytest

tfds = pytest.importorskip("tensorflow_datasets")

from kmu.datasets.motor_unit_ultrasound import Builder  # noqa: E402
from kmu.datasets.motor_unit_ultrasound import (  # noqa: E402
    motor_unit_ultrasound_dataset_builder as module,
)
from kmu.simulation import simulate  # noqa: E402


class MotorUnitUltrasoundTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ("tiny",)
    EXAMPLE_DIR = str(module.Builder.pkg_dir_path)
    SPLITS = {"train": 16, "validation": 8, "test": 8}  # noqa: RUF012


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tfds.load(
        "motor_unit_ultrasound/tiny", data_dir=tmp_path_factory.mktemp("tfds"), with_info=True
    )


def test_load_finds_the_data_set_by_name_once_kmu_datasets_is_imported(tiny):
    data, info = tiny
    assert {name: info.splits[name].num_examples for name in data} == {
        "train": 16,
        "validation": 8,
        "test": 8,
    }


def test_an_example_is_the_recording_of_its_seed(tiny):
    for example in tiny[0]["validation"].take(2).as_numpy_iterator():
        recording, truth = simulate("tiny", seed=int(example["seed"]))
        np.testing.assert_array_equal(example["velocity"], recording.velocity.astype(np.float16))
        np.testing.assert_array_equal(example["territory"] >= 128, truth.mask)
        np.testing.assert_array_equal(example["twitch_train"], truth.twitch_train)
        for stored, times in zip(example["firings"]["times"], truth.firings, strict=False):
            np.testing.assert_allclose(stored, times, atol=1e-6)


def test_no_seed_is_in_two_splits():
    for config in Builder.BUILDER_CONFIGS:
        seeds = [set(config.seeds(split)) for split in module.SPLIT_SEEDS]
        assert len(set.union(*seeds)) == sum(len(part) for part in seeds)


def test_workers_and_beam_build_the_same_bytes(tmp_path):
    built = {}
    for name, workers, runner in (
        ("alone", 1, None),
        ("shared", 2, None),
        ("beam", 1, "DirectRunner"),
    ):
        builder = tfds.builder(
            "motor_unit_ultrasound/tiny", data_dir=tmp_path / name, workers=workers
        )
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(beam_runner=runner)
        )
        records = builder.as_dataset(split="test")
        built[name] = {
            int(example["seed"]): (
                example["velocity"].tobytes(),
                example["territory"].tobytes(),
                example["twitch_train"].tobytes(),
                [times.tobytes() for times in example["firings"]["times"]],
            )
            for example in records.as_numpy_iterator()
        }
    assert len(built["alone"]) == 8
    assert built["alone"] == built["shared"] == built["beam"]
