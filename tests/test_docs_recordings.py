"""The docs of recordings say what the code does, and the notebook runs."""

import json
from pathlib import Path

import numpy as np
import pytest
from stand_in_model import write_stand_in

import kmu
from kmu.analysis.physiology import MEASURES
from kmu.analysis.quality import METRICS
from kmu.config.simulation import SIMULATION_PRESETS
from kmu.simulation.twitch import shape_exponent
from kmu.stress.twitch import twitch_velocity
from kmu.stress.world import World

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


def test_what_a_firing_time_means_is_what_both_simulators_do():
    text = (DOCS / "recordings.md").read_text(encoding="utf-8")
    part = " ".join(text.split("## What a firing time means")[1].split("\n## ")[0].split())
    own = SIMULATION_PRESETS["low_force"].twitch
    lead = [1000 * edge for edge in own.lead_time]
    assert f"begins {lead[0]:g} to {lead[1]:g} ms after the firing" in part
    # Largest slope of x^p exp(p (1 - x)), later for the briefer relaxation.
    shares = [1 - 1 / np.sqrt(shape_exponent(ratio)) for ratio in own.relaxation_ratio[::-1]]
    fastest = [
        first + 1000 * share * contraction
        for first, share, contraction in zip(lead, shares, own.contraction_time, strict=True)
    ]
    assert "highest {:.0f} to {:.0f} ms after it".format(*fastest) in part
    time = np.linspace(0, 1, 4001)
    shares = [time[twitch_velocity(time, 1.0, slowness).argmax()] for slowness in (2.5, 1.2)]
    fastest = [share * edge for share, edge in zip(shares, World().contraction_time, strict=True)]
    assert "fastest {:.0f} to {:.0f} ms after the firing".format(*fastest) in part


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
