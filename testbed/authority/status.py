"""The page by which administrators and Nagios see that Argus' PEP daemon is well."""

import os
import resource
import time


class Counters:
    """What the service has done since it started."""

    def __init__(self) -> None:
        self.started = int(time.time() * 1000)
        self.requests = 0
        self.errors = 0
        """Answers that were none: unreadable, not believed, Indeterminate."""

    def page(self) -> str:
        """The lines of the PEP daemon's own page, ``key: value`` (source: argus-pdp-pep-common, ServiceMetrics)."""
        lines = {
            "service": "Argus PEP Server",
            "status": "ok",
            "start_time": self.started,
            "number_of_processors": os.cpu_count(),
            "memory_usage": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}MB",
            "total_requests": self.requests,
            "total_completed_requests": self.requests - self.errors,
            "total_request_errors": self.errors,
        }
        return "".join(f"{key}: {value}\n" for key, value in lines.items())
