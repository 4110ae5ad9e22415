"""By which margins a stored run is judged."""

from pydantic import ValidationError

from actbench.config.schema import VerdictConfig
from actbench.errors import StoreError, format_key
from actbench.records import RunInfo


def verdict_of(info: RunInfo) -> VerdictConfig:
    """What the run's config says of verdicts; the defaults where it is from before there were any.

    Raises:
        StoreError: It is not allowed, as in a run.json that was edited by hand.
    """
    try:
        return VerdictConfig.model_validate(info.config.get("verdict", {}))
    except ValidationError as error:
        lines = (
            f"run.json of {info.run_id}: {format_key(('config', 'verdict', *item['loc']))}: {item['msg']}"
            for item in error.errors(include_url=False)
        )
        raise StoreError("\n".join(lines)) from None
