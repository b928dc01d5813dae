"""A site: site.toml and the site's own files, read, checked, and laid out for a worker node."""

from testbed.site.check import check
from testbed.site.finding import Finding, Severity
from testbed.site.load import example, examples, load_site
from testbed.site.site import Site
from testbed.site.starter import init

__all__ = ["Finding", "Severity", "Site", "check", "example", "examples", "init", "load_site"]
