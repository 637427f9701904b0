"""A predictor in service that is never replaced, so that no registry is asked."""

from dataclasses import dataclass
from datetime import datetime

from flows.serving import Serving
from flows.underway.service import Served


@dataclass(frozen=True)
class Standing:
    """Who forecasts, first and last."""

    serving: Serving

    def now(self, at: datetime) -> Serving:  # noqa: ARG002
        """Always the same one."""
        return self.serving

    def former(self, served: Served, at: datetime) -> Serving:  # noqa: ARG002
        """Always the same one."""
        assert served == (self.serving.version.number, self.serving.version.digest)
        return self.serving
