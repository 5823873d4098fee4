"""Records which golden answers the shipped models gave when they were released.

An export writes a model's ``golden.npz`` anew, so it cannot show that the model changed.
``python tests/record_golden.py`` writes ``tests/fixtures/golden.json``, and nothing else does: run
it when a new version of a model ships, and only then.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

SHIPPED = Path(__file__).resolve().parents[1] / "saved_models"
RECORD = Path(__file__).parent / "fixtures" / "golden.json"


def versions() -> list[Path]:
    """The version folders that ship."""
    return sorted(path.parent for path in SHIPPED.glob("*/*/saved_model.pb"))


def name_of(folder: Path) -> str:
    """``kmu/3``."""
    return f"{folder.parent.name}/{folder.name}"


def digest(path: Path) -> str:
    """SHA-256 of all that a golden file holds, however it is packed."""
    found = hashlib.sha256()
    with np.load(path) as file:
        for name in sorted(file.files):
            values = np.ascontiguousarray(file[name])
            found.update(f"{name} {values.dtype.str} {values.shape}".encode())
            found.update(values.tobytes())
    return found.hexdigest()


def main() -> None:
    """Writes the record."""
    record = {name_of(folder): digest(folder / "golden.npz") for folder in versions()}
    RECORD.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
