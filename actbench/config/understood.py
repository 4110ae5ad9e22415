"""A sweep, or a tuning, as it was understood: defaults filled in, paths absolute."""

from collections.abc import Mapping, Sequence
from typing import Any

from actbench.config.section import Section
from actbench.config.sweep import ZIP
from actbench.config.variants import Variant

Sections = Mapping[str, Section | Mapping[str, Section]]


def values_understood(variant: Variant, sections: Sections) -> dict[str, Any]:
    """The values by which a setting differs, as they were understood."""
    plain = {name: _plain(section) for name, section in sections.items()}

    def understood(key: str, value: Any) -> Any:
        found: Any = plain
        for step in key.split("."):
            if not isinstance(found, Mapping) or step not in found:
                return value
            found = found[step]
        return found

    return {key: understood(key, value) for key, value in variant.values.items()}


def lists_understood(variants: Sequence[Variant], varied: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sweep with its values as they were understood, such as a path from the config's folder.

    So of a tuning.

    Args:
        variants: All.
        varied: The values of each.
    """
    sweep: dict[str, Any] = {}
    for variant, values in zip(variants, varied, strict=True):
        for key, (_, *path, index) in variant.written.items():
            lists = sweep.setdefault(ZIP, {}) if ZIP in path[:-1] else sweep
            values_of_key = lists.setdefault(key, [])
            if index == len(values_of_key):
                values_of_key.append(values[key])
    return sweep


def keys_understood(given: object, section: Section | Mapping[str, Section]) -> dict[str, Any]:
    """Those keys of a section that the config has, as they were understood."""
    if isinstance(given, Section):
        return given.model_dump(mode="json", exclude_unset=True)
    keys = given if isinstance(given, Mapping) else ()
    return {key: value for key, value in _plain(section).items() if key in keys}


def _plain(section: Section | Mapping[str, Section]) -> dict[str, Any]:
    if isinstance(section, Section):
        return section.model_dump(mode="json")
    return {name: part.model_dump(mode="json") for name, part in section.items()}
