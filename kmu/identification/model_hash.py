"""What tells one model from another, whatever it is called."""

import hashlib
from pathlib import Path


def model_hash(folder: Path) -> str:
    """A hash of a model's graph, weights and thresholds.

    Args:
        folder: a version folder.

    Returns:
        The first 16 digits of a SHA-256.
    """
    digest = hashlib.sha256()
    for name in ("saved_model.pb", "variables/variables.index", "config.json"):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    for shard in sorted(folder.glob("variables/*.data-*")):
        digest.update(shard.read_bytes())
    return digest.hexdigest()[:16]
