"""What the ledger keeps of a cell that has been measured."""

import math

from actbench.bits import pack
from actbench.engine.running import Running
from actbench.records import Cell, Inference


def cell_record(cell: Running) -> Cell:
    """Its raw samples; what is not finite is None, and of a diverged training no test is kept."""
    test = None if cell.diverged else cell.test
    correct = None if test is None else test.correct
    return Cell(
        activation=cell.plan.label,
        status="diverged" if cell.diverged else "ok",
        parameters=cell.trainer.parameters,
        compile_s=cell.compile_s,
        slice_s=tuple(cell.slice_s),
        train_loss=tuple(_finite(sums.mean_loss) for sums in cell.train),
        train_score=tuple(map(cell.trainer.train_score, cell.train)),
        validation_loss=tuple(_finite(seen.loss) for seen in cell.validation),
        validation_score=tuple(_finite(seen.score) for seen in cell.validation),
        test_loss=None if test is None else test.loss,
        test_score=None if test is None else test.score,
        inference=tuple(
            Inference(
                batch_size=batch_size,
                latency_s=tuple(latencies),
                compile_s=cell.inference_compile_s.get(batch_size),
            )
            for batch_size, latencies in cell.latency_s.items()
        ),
        test_metrics={} if test is None else test.metrics,
        test_correct=None if correct is None else pack(correct),
        extra_slice_s=tuple(cell.extra_slice_s),
        probes=tuple(sorted(cell.probes, key=lambda probe: probe.epoch)),
        epochs_trained=None if cell.diverged or cell.early_stopping is None else len(cell.train),
        best_epoch=None if cell.diverged else cell.best_epoch,
        tuned=cell.plan.tuned,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
