"""Put configs, tools, projects and the demo into the package; the rest is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
RESOURCES = ("configs", "tools", "projects", "demo", "data/hapt")


class BuildWithResources(build_py):
    """Copy what a checkout has beside the package to ``mmtal/.mim``, MMEngine's place for it."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "mmtal" / ".mim"
        shutil.rmtree(target, ignore_errors=True)
        for folder in RESOURCES:
            shutil.copytree(
                ROOT / folder,
                target / folder,
                ignore=shutil.ignore_patterns("__pycache__", "tests"),
            )
        shutil.copy(ROOT / "model-index.yml", target)


setup(cmdclass={"build_py": BuildWithResources})
