"""What there is to say about a run before it is begun."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from actbench.analysis.design import Design
from actbench.config.network import gated_widths, sizes, widths_under_test
from actbench.described import describe_cells
from actbench.execution.estimate import Estimate
from actbench.metric_names import ScoreName, score_in_words
from actbench.planned import Block, Plan, Setting
from actbench.records import ActivationInfo, DatasetInfo
from actbench.report.facts import LINEAR


@dataclass(frozen=True)
class Gated:
    """What a gated unit makes of a setting's hidden layers.

    Attributes:
        label: The activation's.
        hidden_units: Width of each layer with the activation, after gating.
        parameters: Weights and biases of the model.
        plain: Those of the model without gates.
    """

    label: str
    hidden_units: tuple[int, ...]
    parameters: int
    plain: int


@dataclass(frozen=True)
class Outline:
    """A plan with what it costs and what it can decide.

    Attributes:
        plan: Everything planned.
        folder: Where the run lies or would lie.
        pending: The blocks still to be measured, in order.
        data: What each setting is trained on, by the setting's id.
        estimates: What those of each setting are expected to take, by its id, but for timing-only rounds.
        design: What one setting's seeds can decide in its score.
        sd_source: Where `design.sd` comes from, in words.
    """

    plan: Plan
    folder: Path
    pending: tuple[Block, ...]
    data: Mapping[str, DatasetInfo]
    estimates: Mapping[str, Estimate]
    design: Design
    sd_source: str

    @property
    def score_name(self) -> ScoreName:
        """What its verdicts are about; "score" where its settings differ in that."""
        names = {self.data[setting.id].score_name for setting in self.plan.settings}
        return names.pop() if len(names) == 1 else "score"

    @property
    def extra_budget_s(self) -> float:
        """What timing-only rounds may add to `time_s`."""
        return sum(block.extra_budget_s for block in self.pending)

    @property
    def time_s(self) -> float:
        """Return the seconds that all pending blocks are expected to take."""
        return sum(estimate.seconds for estimate in self.estimates.values())

    @property
    def time_lower_s(self) -> float:
        """Return the least time that would be no surprise, in seconds."""
        return sum(estimate.lower_s for estimate in self.estimates.values())

    @property
    def time_upper_s(self) -> float:
        """Return the greatest time that would be no surprise, in seconds."""
        return sum(estimate.upper_s for estimate in self.estimates.values())

    @property
    def time_source(self) -> str | None:
        """Return where the costs behind the times were measured, in words; None if nothing is pending."""
        return " and ".join(dict.fromkeys(estimate.source for estimate in self.estimates.values())) or None

    def described(self, setting: Setting) -> tuple[ActivationInfo, ...]:
        """What each activation is in a setting, in the order of the config."""
        return describe_cells(self.plan.cells(setting))

    def pending_in(self, setting: Setting) -> int:
        """How many blocks of a setting are still to be measured."""
        return sum(block.setting == setting for block in self.pending)

    def gated(self, setting: Setting) -> tuple[Gated, ...]:
        """The models of gated units, with the widths that they get."""
        layers, data = setting.model.network, self.data[setting.id]
        outputs = setting.outputs(data.targets)
        plain = sizes(layers, data.features, outputs).parameters
        found = []
        for entry in self.described(setting):
            if entry.match is not None and entry.label != self.plan.placebo:
                matched = entry.match == "params"
                units = gated_widths(layers, data.features, outputs) if matched else widths_under_test(layers)
                own = sizes(layers, data.features, outputs, gated=True, widths=units).parameters
                found.append(Gated(entry.label, units, own, plain))
        return tuple(found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Data that is still to come, settings that compare nothing, and why no score can come out better."""
        missing = dict.fromkeys(info.name for info in self.data.values() if not info.sha256)
        to_come = (f"{name} is not in Keras's cache: a run downloads it first" for name in missing)
        return (*to_come, *self._linear, *self._undecidable)

    @property
    def _linear(self) -> tuple[str, ...]:
        """In which settings there is nothing to compare; empty where there is in all."""
        linear = [setting.name for setting in self.plan.settings if not setting.model.compares]
        if not linear:
            return ()
        return (LINEAR if len(linear) == len(self.plan.settings) else f"{'; '.join(linear)}: {LINEAR}",)

    @property
    def _undecidable(self) -> tuple[str, ...]:
        """Why none can, and how many seeds it takes; empty where one can."""
        if self.design.comparisons == 0:
            return (f"{self.plan.baseline} is the only activation: there is nothing to compare",)
        if self.design.decidable:
            return ()
        enough = self.design.seeds_to_decide
        remedy = "no number of seeds would do" if enough is None else f"it takes at least {enough} seeds"
        score = score_in_words(self.score_name)
        return (f"these seeds are too few for any {score} to come out BETTER or WORSE; {remedy}",)
