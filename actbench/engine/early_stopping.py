"""When a training has stopped getting better on the validation split, as Keras's `EarlyStopping` has it.

With a regularizer Keras watches the loss with its penalty; here it is the data's loss alone, as everywhere.
"""

import math
from typing import Any

from actbench.config.schema import EarlyStoppingConfig
from actbench.engine.trainer import Trainer


class EarlyStopping:
    """Watches the validation loss of one training.

    Args:
        config: How long to wait for what.
    """

    def __init__(self, config: EarlyStoppingConfig) -> None:
        self._config = config
        self._lowest = math.inf
        self._best_epoch = 0
        self._best_state: Any = None

    def stops(self, epoch: int, loss: float, trainer: Trainer) -> bool:
        """Whether the training ends here.

        Args:
            epoch: The one that has just ended, from 1.
            loss: On the validation split; one that is not finite is no better than any.
            trainer: A copy of its state is kept where it is the best so far, and to be put back.
        """
        if loss + self._config.min_delta < self._lowest:
            self._lowest, self._best_epoch = loss, epoch
            if self._config.restore_best:
                self._best_state = trainer.state()
        return epoch - self._best_epoch >= self._config.patience

    def restore(self, trainer: Trainer) -> int | None:
        """Puts the best state back; of which epoch it is, from 1, None where that is not wanted."""
        if self._best_state is None:
            return None
        trainer.put_back(self._best_state)
        self._best_state = None
        return self._best_epoch
