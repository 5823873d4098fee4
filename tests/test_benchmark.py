import dataclasses
import json

import pytest
from linear_world import write_recordings
from stand_in_model import write_stand_in

from kmu import InputError, MotorUnits
from kmu.baselines import BASELINES
from kmu.config.benchmark import BenchmarkConfig
from kmu.evaluation import benchmark, methods
from kmu.evaluation.families import Family, family
from kmu.evaluation.figures import plots, write_figures
from kmu.evaluation.intervals import INTERVAL_KEYS
from kmu.evaluation.methods import NETWORKS, Method
from kmu.evaluation.table import table_markdown, table_text, write_csv

FAST = ("spatial_ica", "velbss_like")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_recordings(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="module")
def result(folder, tmp_path_factory):
    config = BenchmarkConfig(methods=FAST, families=(str(folder),), resamples=50)
    return benchmark.run_benchmark(
        config, [family(str(folder), 9, 0)], tmp_path_factory.mktemp("b")
    )


def run(folder, out, count=3, methods=FAST, **options):
    config = BenchmarkConfig(methods=methods, families=(str(folder),), resamples=20, **options)
    return benchmark.run_benchmark(config, [family(str(folder), count, 0)], out)


def without_cost(result):
    if isinstance(result, dict):
        cost = ("seconds_per_recording", "peak_memory_mib")
        return {key: without_cost(value) for key, value in result.items() if key not in cost}
    return result


def test_every_method_gets_the_same_recordings(result, folder):
    summary = result[folder.name]
    assert set(summary) == set(FAST)
    assert summary["spatial_ica"]["units_true"] == summary["velbss_like"]["units_true"] == 9
    assert summary["spatial_ica"]["recordings"] == 3
    assert 0 < summary["spatial_ica"]["f1"] <= 1


def test_a_score_lies_inside_its_interval(result, folder):
    for summary in result[folder.name].values():
        assert set(summary["intervals"]) == set(INTERVAL_KEYS)
        for key, (low, high) in summary["intervals"].items():
            assert low - 1e-6 <= summary[key] <= high + 1e-6


def test_a_second_run_gives_the_same_scores(result, folder, tmp_path):
    again = run(folder, tmp_path)
    for name in FAST:
        one, two = (without_cost(r[folder.name][name]) for r in (result, again))
        for key in ("intervals", "errors"):
            one.pop(key)
            two.pop(key)
        assert one == two


def runs(monkeypatch):
    """What is run from now on, as (index, methods)."""
    ran = []
    real = benchmark._run_recording

    def spy(task):
        ran.append((task[1], tuple(task[2])))
        return real(task)

    monkeypatch.setattr(benchmark, "_run_recording", spy)
    return ran


def test_a_stopped_run_goes_on_where_it_stood(folder, tmp_path, monkeypatch):
    run(folder, tmp_path, count=2, methods=FAST[:1])
    lines = (tmp_path / "scores.jsonl").read_text().splitlines(keepends=True)
    # Killed while the second line was being written.
    (tmp_path / "scores.jsonl").write_text(lines[0] + lines[1][:40])
    ran = runs(monkeypatch)
    resumed = run(folder, tmp_path)
    assert ran == [(0, FAST[1:]), (1, FAST), (2, FAST)]
    assert resumed[folder.name]["spatial_ica"]["recordings"] == 3
    ran.clear()
    run(folder, tmp_path)
    assert ran == []


def test_what_a_version_with_fewer_scores_wrote_is_run_again(folder, tmp_path):
    whole = run(folder, tmp_path, count=2, methods=FAST[:1])
    lines = (tmp_path / "scores.jsonl").read_text().splitlines()
    older = json.loads(lines[0])
    del older["scores"]["firing_error"]
    (tmp_path / "scores.jsonl").write_text(json.dumps(older) + "\n" + lines[1] + "\n")
    again = run(folder, tmp_path, count=2, methods=FAST[:1])
    assert len((tmp_path / "scores.jsonl").read_text().splitlines()) == 3
    for one, two in zip(whole[folder.name].values(), again[folder.name].values(), strict=True):
        assert two["recordings"] == 2
        assert one["firing_error_ms"] == two["firing_error_ms"]


def test_what_other_settings_or_another_kmu_made_is_run_again(folder, tmp_path, monkeypatch):
    ran = runs(monkeypatch)
    before = run(folder, tmp_path, count=2)
    baseline = BASELINES["spatial_ica"]
    settings = baseline.tuned().replace(contrast="cube")
    other = dataclasses.replace(baseline, settings=settings, name="untuned")
    ran.clear()
    with monkeypatch.context() as patch:
        patch.setitem(BASELINES, "spatial_ica", other)
        after = run(folder, tmp_path, count=2)
        assert ran == [(0, FAST[:1]), (1, FAST[:1])]
        assert after[folder.name]["spatial_ica"]["recordings"] == 2
        ran.clear()
        run(folder, tmp_path, count=2)
        assert ran == []
    assert run(folder, tmp_path, count=2) == before
    ran.clear()
    monkeypatch.setattr(methods, "__version__", "another")
    run(folder, tmp_path, count=2)
    assert ran == [(0, FAST), (1, FAST)]


def test_what_another_model_of_the_same_name_made_is_run_again(folder, tmp_path, monkeypatch):
    model = write_stand_in(tmp_path / "model" / "1")
    ran = runs(monkeypatch)
    options = {"count": 1, "methods": ("kmu",), "model": str(model)}
    for _ in range(2):
        run(folder, tmp_path / "out", **options)
    assert ran == [(0, ("kmu",))]
    (model / "config.json").write_text(json.dumps({"thresholds": {"score": 1.0, "firing": 0.5}}))
    run(folder, tmp_path / "out", **options)
    assert ran == [(0, ("kmu",))] * 2


def test_parallel_processes_give_the_same_scores(result, folder, tmp_path):
    parallel = run(folder, tmp_path, jobs=2)[folder.name]["spatial_ica"]
    for key in ("f1", "iou", "rate_of_agreement", "twitch_train_correlation"):
        assert parallel[key] == pytest.approx(result[folder.name]["spatial_ica"][key], abs=1e-6)


def test_a_failing_method_scores_zero_and_is_listed(folder, tmp_path, monkeypatch):
    def broken(recording, truth):
        raise ZeroDivisionError("no units")

    by_name = {"stica": Method("stica", "", False, broken)}
    monkeypatch.setattr(benchmark, "method", lambda name, model: by_name[name])
    monkeypatch.setattr(benchmark, "_methods", {})
    summary = run(folder, tmp_path, methods=("stica",))[folder.name]["stica"]
    assert (summary["f1"], summary["recall"], summary["units_matched"]) == (0, 0, 0)
    assert len(summary["errors"]) == 3
    assert "ZeroDivisionError: no units" in summary["errors"][0]["error"]
    assert "broken" not in table_text({"x": {"stica": summary}})
    assert table_text({"x": {"stica": summary}}).splitlines()[1].endswith("3")


def test_a_result_of_another_grid_scores_zero(folder):
    recording, truth = family(str(folder), 1, 0).load(0)
    wrong = Method("x", "", False, lambda r, t: MotorUnits.none((5, 5, 5), 100.0, (1.0, 1.0)))
    scores, error = benchmark.score_method(wrong, recording, truth)
    assert scores.units_found == 0
    assert "cannot be scored" in error


def test_scores_of_other_recordings_are_not_mixed_in(folder, tmp_path):
    run(folder, tmp_path, count=1, methods=FAST[:1])
    with pytest.raises(InputError, match="choose another --out"):
        benchmark.run_benchmark(
            BenchmarkConfig(methods=FAST[:1]), [Family(folder.name, 1, 5)], tmp_path
        )


def test_figures_are_drawn_from_the_result(result, tmp_path):
    data = plots(result)
    assert set(data) == {"f1_by_units", "recall_by_distance", "agreement_by_snr", "time_and_f1"}
    recall = data["recall_by_distance"].series[0]
    assert sum(recall.weights) == 9
    written = write_figures(result, tmp_path)
    assert all(path.stat().st_size > 5000 for path in written)
    assert len(written) == 4


def test_tables_hold_every_family_and_method(result, tmp_path):
    assert len(table_text(result).splitlines()) == 3
    assert table_markdown(result).count("\n") == 3
    write_csv(result, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert len(lines) == 3
    assert "f1_low" in lines[0]


def test_a_result_of_an_earlier_version_with_fewer_scores_is_still_shown(result, folder, tmp_path):
    new = ("rate_of_agreement_lag_0", "lag_ms", "firing_precision", "firing_recall")
    older = json.loads(json.dumps(result))
    for summary in older[folder.name].values():
        for key in new:
            del summary[key], summary["intervals"][key]
    assert "lag ms" in table_text(result).splitlines()[0]
    assert "lag ms" not in table_text(older)
    mixed = {"before": older[folder.name], "now": result[folder.name]}
    assert " -  " in table_text(mixed).splitlines()[1]
    assert len(write_figures(older, tmp_path)) == 4


def test_the_networks_that_ship_are_methods_as_the_others_are(folder, tmp_path):
    found = run(folder, tmp_path, count=1, methods=tuple(NETWORKS))[folder.name]
    assert [found[name]["errors"] for name in NETWORKS] == [[], []]
    assert all(found[name]["units_true"] == 2 for name in NETWORKS)
