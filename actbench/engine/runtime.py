"""TensorFlow in this process: its threads, set once when a worker starts, and its build and device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from actbench.environment import cpu_family, describe_environment, usable_cores

if TYPE_CHECKING:
    from actbench.records.run import Environment


def configure() -> None:
    """Give TensorFlow the cores that this process may use; call it before the first operation.

    TensorFlow's own default is the machine's core count, which under `taskset` makes threads
    compete for cores that are not there.
    """
    tf.config.threading.set_intra_op_parallelism_threads(usable_cores())
    tf.config.threading.set_inter_op_parallelism_threads(usable_cores())
    keras.config.disable_interactive_logging()
    # Without this, ~/.keras/keras.json decides.
    keras.config.set_floatx("float32")


def describe_runtime() -> Environment:
    """Return this process's environment, with what only TensorFlow knows: its build, device and threads."""
    return describe_environment().model_copy(
        update={
            "device": _device(),
            "intra_op_threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
            "build": _build(),
        }
    )


def _build() -> dict[str, str]:
    devices = (device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices())
    return {
        "tensorflow_source": tf.version.GIT_VERSION,
        "tensorflow_compiler": tf.version.COMPILER_VERSION,
        "cuda": str(tf.sysconfig.get_build_info().get("cuda_version", "none")),
        "processor": cpu_family(),
        "devices": ", ".join(devices),
    }


def _device() -> str:
    accelerators = tf.config.list_physical_devices("GPU")
    if not accelerators:
        return "CPU"
    details = tf.config.experimental.get_device_details(accelerators[0])
    return str(details.get("device_name", "GPU"))
