"""Find everything that is wrong with a data set."""

from mmtal.preparation.verification.cleaning import fix
from mmtal.preparation.verification.findings import Finding
from mmtal.preparation.verification.report import Report
from mmtal.preparation.verification.verifier import verify, verify_config

__all__ = ["Finding", "Report", "fix", "verify", "verify_config"]
