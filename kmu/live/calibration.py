"""What is fixed once the units of a stream are known: unmixing as one matrix, and scales.

From the frame to the courses that the signal regressor sees, all that the model does is linear
and the same for every frame: resampling in space, unmixing, means over territories. Their product
is one matrix on the stream's own pixels. Drift and jolts are the window's, which commute with it.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kmu.identification.coarse import CoarseRecording
from kmu.identification.resample import RecordingFrames
from kmu.live.model import Model
from kmu.live.registration import RunningPower
from kmu.motor_units import MotorUnits
from kmu.progress import silent
from kmu.recording import Recording

# The courses of a unit: unmixed, mean of its territory, mean of what it shares, and along its own
# map (for what is left of it); see ``kmu.models.signals.Signals.cleaned``. The mean of the whole
# image is one course for all.
PER_UNIT = 4


@dataclass(frozen=True, eq=False)
class Calibration:
    """The units of a stream and all that is fixed with them.

    Attributes:
        units: found in, or given for, the frames of the calibration.
        projection: (4 K + 1, Z * X) float32; times a frame in mm/s it gives the K unmixed
            velocities, the K means inside, the K means in what is shared, K along the units' maps,
            the mean everywhere.
        known: (K, K) float32, what the clean trains (columns) make of those along the maps.
        scale: (K,) float32, mm/s, root mean square of the unmixed trains.
        power: (Z, X) float32, mm/s, root mean square of the velocity without drift.
        seen: share of the pixels that ever move.
        quieting: how much noise is smoothed, see :func:`kmu.models.quieting.quieting_share`.
    """

    units: MotorUnits
    projection: NDArray[np.float32]
    known: NDArray[np.float32]
    scale: NDArray[np.float32]
    power: NDArray[np.float32]
    seen: float
    quieting: float

    def shifted(self, shift: tuple[float, float]) -> "Calibration":
        """The same units seen by a probe under which the image moved by ``shift`` (pixels)."""
        if not any(shift):
            return self
        images = self.projection.reshape(-1, *self.power.shape)
        # The mean of the whole image stays.
        moved = [ndimage.shift(image, shift, order=1) for image in images[:-1]]
        moved.append(images[-1])
        return replace(self, projection=np.stack(moved).reshape(self.projection.shape))


class Look(NamedTuple):
    """The frames of a calibration on the model's grid, and what is known of them.

    Attributes:
        normal: (T, Z' X') float32, without jolts, drift and unit, as the model's grid makes them.
        scale: mm/s, that they were divided by.
        shape: (Z', X') of the grid.
        down: (Z', Z) and (X', X), that bring images to it.
        power: (Z, X) as in :class:`Calibration`.
        seen: share of the pixels that ever move.
        quieting: as in :class:`Calibration`.
    """

    normal: NDArray[np.float32]
    scale: float
    shape: tuple[int, int]
    down: tuple[NDArray[np.float32], NDArray[np.float32]]
    power: NDArray[np.float32]
    seen: float
    quieting: float


def look(velocity: NDArray[np.float32], spacing: tuple[float, float], model: Model) -> Look:
    """Brings frames (T, Z, X) to the model's grid, a few at a time: TensorFlow keeps what it held.

    Args:
        velocity: (T, Z, X) float32 in mm/s, at the model's frame rate.
        spacing: (dz, dx) in mm.
        model: whose grid it is.
    """
    from keras import ops

    from kmu.models.grid import grid_matrices, normalise, remove_drift
    from kmu.models.quieting import quieting_share

    config = model.identifier.config.grid
    sizes = ops.convert_to_tensor(np.array(spacing, np.float32))
    depth, lateral = (np.asarray(m) for m in grid_matrices(config, velocity.shape[1:], sizes))
    shape = (len(depth), len(lateral))
    recording = Recording(velocity, config.frame_rate, spacing)
    with silent():
        steady = CoarseRecording(RecordingFrames(recording), config.frame_rate)
    power = RunningPower(model.step, np.inf)
    flat = np.empty((len(velocity), shape[0] * shape[1]), np.float32)
    for k in range(0, len(velocity), model.step):
        power.add(velocity[k : k + model.step])
        part = steady.frames(k, k + model.step)
        flat[k : k + len(part)] = (depth @ part @ lateral.T).reshape(len(part), -1)
    ever = float(steady.inside.mean())
    level = np.sqrt(np.mean(np.square(flat), keepdims=True)[0])
    seen = np.array([max(ever, 0.01)], np.float32)
    normal, scale = normalise(flat[None], level, shape, config, seen)
    quieting = 0.0
    if config.quieting:
        quieting = float(quieting_share(remove_drift(flat[None], config.drift_window))[0, 0, 0])
    return Look(
        normal=np.asarray(normal).reshape(flat.shape),
        scale=float(scale[0]),
        shape=shape,
        down=(depth, lateral),
        power=power.map,
        seen=ever,
        quieting=quieting,
    )


def calibrate(
    velocity: NDArray[np.float32],
    spacing: tuple[float, float],
    model: Model,
    units: MotorUnits,
) -> Calibration:
    """Fixes how units are unmixed.

    Args:
        velocity: (T, Z, X) float32 in mm/s, at the model's frame rate.
        spacing: (dz, dx) in mm.
        model: that unmixes.
        units: on the same pixels.
    """
    from keras import ops

    from kmu.models.peeling import peeled
    from kmu.models.unmixing import solve_ridge

    identifier, count = model.identifier, len(units)
    looked = look(velocity, spacing, model)
    shape, (depth, lateral) = looked.shape, looked.down
    pixels, ridge = shape[0] * shape[1], identifier.config.signal.ridge
    flat = looked.normal[None]
    everywhere = np.full((1, pixels), 1 / pixels, np.float32)
    rows, known, rms = everywhere, np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
    if count:
        inside = np.clip(depth @ units.territory @ lateral.T, 0.0, 1.0).reshape(count, pixels)
        weight, clean = identifier.signals.unmixing_weights(flat, inside[None], shape)
        gram = ops.matmul(weight, ops.transpose(weight, (0, 2, 1)))
        unmixing = np.asarray(solve_ridge(gram, weight, ridge))[0]
        clean = ops.zeros((1, count, len(velocity))) if clean is None else clean
        maps, own_map = (np.asarray(one)[0] for one in peeled(flat, inside[None], clean, ridge))
        known = own_map @ maps.T
        shared = inside * np.minimum(inside.sum(0) - inside, 1.0)
        means = [part / (part.sum(1, keepdims=True) + 1e-3) for part in (inside, shared)]
        rows = np.concatenate([unmixing, *means, own_map, everywhere])
        train = unmixing @ flat[0].T * looked.scale
        rms = np.sqrt(np.mean(train**2, 1) + 1e-12).astype(np.float32)
    own = depth.T @ rows.reshape(-1, *shape) @ lateral
    return Calibration(
        units=units,
        projection=np.ascontiguousarray(own.reshape(len(rows), -1), np.float32),
        known=known,
        scale=rms,
        power=looked.power,
        seen=looked.seen,
        quieting=looked.quieting,
    )
