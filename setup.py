"""mmtal as a package; settings of the development tools are in pyproject.toml."""

import runpy
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


def requirements(name: str) -> list[str]:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


class BuildWithResources(build_py):
    """Put configs and tools into the package, at ``mmtal/.mim`` as MMEngine's users expect."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return  # a checkout has them beside the package
        for folder in ("configs", "tools"):
            target = Path(self.build_lib) / "mmtal" / ".mim" / folder
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(ROOT / folder, target, ignore=shutil.ignore_patterns("__pycache__"))


setup(
    name="mmtal",
    version=runpy.run_path(str(ROOT / "mmtal" / "version.py"))["__version__"],
    description="Temporal action localization on MMEngine",
    license="Apache-2.0",
    python_requires=">=3.10",
    classifiers=[f"Programming Language :: Python :: 3.{minor}" for minor in (10, 11)],
    packages=find_packages(include=["mmtal", "mmtal.*"]),
    package_data={
        "mmtal.evaluation.protocols": ["video_lists/*"],
        "mmtal.experiments.leaderboard": ["assets/*", "published.yaml"],
        "mmtal.new_project": ["templates/*/*"],
        "mmtal.visualization": ["assets/*"],
    },
    package_dir={"": "."},  # without it, an editable install would hide projects.*
    cmdclass={"build_py": BuildWithResources},
    install_requires=requirements("runtime"),
    extras_require={
        # MMEngine and MMCV: one of the two pairs, which share their import names
        "onedl": ["onedl-mmengine>=0.10.12", "onedl-mmcv>=2.3.6"],
        "upstream": ["mmengine==0.10.7", "mmcv-lite==2.2.0"],
        "tests": requirements("tests"),
        "optional": requirements("optional"),
        "search": requirements("search"),
    },
    zip_safe=False,
)
