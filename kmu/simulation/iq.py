"""IQ frames of a scene, frame after frame, and the velocity estimated from them."""

import os
from collections.abc import Iterator

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.config.simulation import SimulationConfig
from kmu.errors import InputError
from kmu.files import replacing
from kmu.progress import Progress
from kmu.simulation.scene import Scene, resolve
from kmu.simulation.speckle import SpeckleScanner, draw_speckle_scanner
from kmu.simulation.threads import single_thread
from kmu.velocity.estimation import velocity_from_iq

_CHUNK = 200  # IQ frames whose displacement is held at a time: bounds the memory


class IQStream:
    """The IQ frames of a scene.

    Attributes:
        scanner: the scanner and its scatterers.
        snr: of the IQ frames, dB.
        frame_rate: of the IQ frames, Hz.
        window: pairs of frames in a velocity's averaging window.
        step: IQ frames from one velocity to the next.
        count: IQ frames altogether; the first is half a window before the recording's start.

    Raises:
        InputError: if the IQ frame rate is no multiple of the velocity's.
    """

    def __init__(self, scene: Scene, size: float) -> None:
        config = scene.config
        ratio = config.scanner.iq_frame_rate / config.frame_rate
        if ratio < 1 or abs(ratio - round(ratio)) > 1e-6:
            raise InputError(
                f"iq_frame_rate {config.scanner.iq_frame_rate:g} Hz must be a multiple of the "
                f"velocity's frame rate, {config.frame_rate:g} Hz"
            )
        self._scene, self._size = scene, size
        self.frame_rate = config.scanner.iq_frame_rate
        self.step = round(ratio)
        self.window = max(1, round(config.scanner.averaging_time * self.frame_rate))
        self._velocities = round(config.duration * config.frame_rate)
        self.count = (self._velocities - 1) * self.step + self.window + 1
        self._rng = np.random.default_rng(scene.noise_seed)
        grid = scene.territory.shape[1:]
        self.scanner: SpeckleScanner
        self.scanner, self.snr = draw_speckle_scanner(
            grid, config.spacing, config.scanner, self._rng
        )

    def blocks(self) -> Iterator[NDArray[np.complex64]]:
        """Yields all frames, some at a time: (n, Z', X')."""
        times = np.asarray((np.arange(self.count) - self.window / 2) / self.frame_rate, np.float64)
        # Envelopes are shifted from the mean position, so that the shifts stay small.
        rest = self._scene.total_displacement(times[:: self.step], self._size).mean(axis=0)
        for start in range(0, self.count, _CHUNK):
            moved = self._scene.total_displacement(times[start : start + _CHUNK], self._size)
            yield from self.scanner.frames(moved - rest, self._rng)

    def velocity(self) -> NDArray[np.float32]:
        """The estimated velocity (T, Z, X) in mm/s on the scene's own grid."""
        settings = self._scene.config.scanner
        seen = np.empty((self._velocities, *self._scene.territory.shape[1:]), np.float32)
        kept: list[NDArray[np.complex64]] = []
        waiting = done = 0
        with Progress("simulating IQ frames", self.count, "frames") as progress:
            for block in self.blocks():
                progress.advance(len(block))
                kept.append(block)
                waiting += len(block)
                if waiting < self.window + 1:
                    continue
                frames = np.concatenate(kept)
                estimate = velocity_from_iq(
                    frames,
                    self.frame_rate,
                    self.scanner.spacing[0],
                    self.scanner.centre_frequency,
                    frames=self.window,
                    step=self.step,
                    averaging_depth=settings.averaging_depth,
                    estimator=settings.estimator,
                )
                seen[done : done + len(estimate)] = self.scanner.to_pixels(estimate)
                done += len(estimate)
                kept = [frames[len(estimate) * self.step :]]
                waiting = len(kept[0])
        return seen


def write_iq(
    path: str | os.PathLike[str], config: str | SimulationConfig, seed: int, **overrides: object
) -> None:
    """Writes the IQ frames of a recording, whatever its level, without holding them in memory.

    HDF5: dataset ``iq`` (T, Z, X) complex64, attributes ``frame_rate`` (Hz), ``spacing`` (mm),
    ``centre_frequency`` (Hz), ``first_frame`` (s). At the speckle level, these are the frames
    that :func:`kmu.simulation.simulate` estimates the recording of the same seed from.
    """
    with single_thread():
        scene = Scene.draw(resolve(config, **overrides), seed)
        stream = IQStream(scene, scene.size())
        depth, width = stream.scanner.scatterers.shape[1:]
        with (
            replacing(path) as temporary,
            h5py.File(temporary, "w") as file,
            Progress("simulating IQ frames", stream.count, "frames") as progress,
        ):
            file.attrs.update(
                kind="iq",
                format_version=1,
                frame_rate=stream.frame_rate,
                spacing=stream.scanner.spacing,
                centre_frequency=stream.scanner.centre_frequency,
                first_frame=-stream.window / 2 / stream.frame_rate,
            )
            stored = file.create_dataset("iq", (stream.count, depth, width), np.complex64)
            done = 0
            for block in stream.blocks():
                stored[done : done + len(block)] = block
                done += len(block)
                progress.advance(len(block))
