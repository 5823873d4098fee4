"""The docs of recordings say what the code does, and the notebook runs."""

import json
from pathlib import Path

import pytest
from stand_in_model import write_stand_in

import kmu
from kmu.analysis.physiology import MEASURES
from kmu.analysis.quality import METRICS

DOCS = Path(kmu.__file__).parent / "docs"


def test_the_table_of_metrics_is_that_of_the_code():
    text = (DOCS / "recordings.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for metric in METRICS:
        cells = [cell.strip() for cell in rows[metric.name].strip("| ").split("|")]
        assert cells[1].removesuffix(f", {metric.unit}") == metric.description
        assert (float(cells[2]), float(cells[3])) == (metric.bad, metric.good)
        side = "below" if metric.good > metric.bad else "above"
        assert cells[4] == f"{side} {metric.doubtful:g}"


def test_every_measure_is_in_the_docs():
    text = (DOCS / "recordings.md").read_text(encoding="utf-8")
    for item in MEASURES:
        assert f"`{item.name}`" in text


def test_the_notebook_runs(tmp_path, monkeypatch, capsys):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    model = write_stand_in(tmp_path / "model" / "1", score=0.2)
    notebook = json.loads((DOCS / "identify.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert not cell["outputs"], "notebooks are kept without outputs"
            exec(compile("".join(cell["source"]), "identify.ipynb", "exec"), names)
            # The stand-in is small; the notebook itself uses the model that came with kmu.
            names["MODEL"] = model if "MODEL" in names else None
            names["SECONDS"] = 3.0
    shown = capsys.readouterr().out
    assert "motor units" in shown
    assert plt.get_fignums(), "the notebook shows a figure"
    plt.close("all")
    assert (tmp_path / "result.csv").is_file()
    assert (tmp_path / "result.firings.csv").is_file()
