"""The knobs of returns."""

from pathlib import Path

from shared.settings import ServiceSettings, config


class Settings(ServiceSettings):
    """What returns reads from the environment besides what all services share."""

    model_config = config("RETURNS_")

    policy_file: Path | None = None
    """Laws, shops' terms and limits (YAML); without it the file inside the package."""
    shop_timeout: float = 10.0
    """Seconds a shop's API has to answer one call."""
    refund_lease: float = 60.0
    """Seconds a refund belongs to the process that tries it; longer than its calls can take."""
    refund_pause: float = 2.0
    """Seconds after the first unknown outcome until the refund is tried again; doubles."""
    refund_sweep: float = 1.0
    """Seconds between two looks at what is due, when nobody wakes the worker."""
