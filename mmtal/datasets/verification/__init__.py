from mmtal.datasets.verification.cleaning import fix
from mmtal.datasets.verification.findings import Finding
from mmtal.datasets.verification.report import Report
from mmtal.datasets.verification.verifier import verify, verify_config

__all__ = ["Finding", "Report", "fix", "verify", "verify_config"]
