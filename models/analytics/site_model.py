"""What a site's history says of how long things take there, as one compact value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SiteModel:
    """Past visits of stages, by job type."""

    orders: int
