"""TensorFlow's threads and device, set once when a worker starts."""

import keras
import tensorflow as tf

from actbench.environment import describe_environment, usable_cores
from actbench.records import Environment


def configure() -> None:
    """Gives TensorFlow the cores that this process may use; call before the first operation.

    TensorFlow's own default is the machine's core count, which under `taskset` makes threads
    compete for cores that are not there.
    """
    tf.config.threading.set_intra_op_parallelism_threads(usable_cores())
    tf.config.threading.set_inter_op_parallelism_threads(usable_cores())
    keras.config.disable_interactive_logging()
    # Otherwise ~/.keras/keras.json decides.
    keras.config.set_floatx("float32")


def describe_runtime() -> Environment:
    """This process's environment, with the device and the threads that TensorFlow really uses."""
    return describe_environment().model_copy(
        update={
            "device": _device(),
            "intra_op_threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
        }
    )


def _device() -> str:
    accelerators = tf.config.list_physical_devices("GPU")
    if not accelerators:
        return "CPU"
    details = tf.config.experimental.get_device_details(accelerators[0])
    return str(details.get("device_name", "GPU"))
