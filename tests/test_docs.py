"""Everything shown in the README and in docs/ is run, or at least checked.

An HTML comment right before a block says more about it than a reader needs:

    run                 a bash block that is executed; all others must be commands that exist,
                        with options that the tool takes
    run slow            the same, only among the slow tests
    file: NAME          the block is written to this file of the document's folder
    patch: NAME         the block is a diff and is applied to this file of the document's folder
    from: NAME          the block is a part of this file of the repository
    raises: CODE        CODE raises the error that the block shows (``...``: anything)

``<!-- python CODE -->`` is run and not shown, ``<!-- python slow CODE -->`` only among the slow
tests. The Python blocks of a document share a namespace, and all its blocks a temporary folder in
which the repository's folders can be seen.
"""

import argparse
import contextlib
import functools
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mmengine.config import Config, DictAction
from mmengine.registry import Registry

from mmtal import registry
from mmtal.cli.main import build_parser
from mmtal.experiments.experiment import AUTO
from mmtal.preparation.importers import detection

ROOT = Path(__file__).resolve().parent.parent
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROJECTS = sorted((ROOT / "projects").rglob("README.md"))
PAGES = [*GUIDES, *PROJECTS, *sorted(ROOT.glob("[A-Z]*.md")), ROOT / "data" / "hapt" / "README.md"]
CONFIGS = sorted(path.stem for path in (ROOT / "configs" / "actionformer").glob("*.py"))
WRAPPER = "train_actionformer_wrapper.py"
COPIED = ("configs", "projects", "tools")
NAMED = r"(?:benchmarks|configs|docs|mmtal|requirements|tests|tools)/[\w./-]*"
DOCUMENT = "document"  # the module in which Python blocks think they are
OTHER_COMMANDS = {"cd", "eval", "export", "git", "pip", "pytest", "ls", "tensorboard"}

BLOCK = re.compile(
    r"""(?:<!--\ (?!python)(?P<note>(?:(?!-->).)*?)\s*-->\n)?```(?P<language>\w*)\n(?P<text>.*?)```
      | <!--\ python(?P<slow>\ slow)?\n(?P<hidden>.*?)-->""",
    re.DOTALL | re.VERBOSE,
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", dict.fromkeys(paths), ids=name)


@dataclass(frozen=True)
class Block:
    """A fenced block; ``kind`` and ``argument`` are from the comment before it."""

    language: str
    text: str
    kind: str
    argument: str


def blocks(path: Path) -> list[Block]:
    found = []
    for match in BLOCK.finditer(path.read_text(encoding="utf-8")):
        if match["hidden"] is not None:
            found.append(Block("python", match["hidden"], "", (match["slow"] or "").strip()))
        else:
            kind, argument = re.fullmatch(
                r"(\w*):?\s*(.*)", match["note"] or "", re.DOTALL
            ).groups()
            found.append(Block(match["language"], match["text"], kind, argument))
    return found


def exists(path: Path, named: str) -> bool:
    """Whether a file that a document names is in the repository, beside it, or made by it."""
    made = [Path(block.argument) for block in blocks(path) if block.kind in ("file", "patch")]
    here = any(Path(named) in (file, *file.parents) for file in made)
    return (ROOT / named).exists() or (path.parent / named).exists() or here


# ---------------------------------------------------------------- running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder for a document; what it registers is forgotten afterwards."""
    for item in COPIED:  # a document may add files to them
        shutil.copytree(ROOT / item, tmp_path / item, ignore=shutil.ignore_patterns("__pycache__"))
    for item in ("data", WRAPPER):
        (tmp_path / item).symlink_to(ROOT / item)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(detection, "_FORMATS", dict(detection._FORMATS))
    modules = set(sys.modules)
    yield tmp_path
    new = set(sys.modules) - modules
    own = {m for m in new if str(getattr(sys.modules[m], "__file__", "")).startswith(str(tmp_path))}
    for owner in vars(registry).values():
        if isinstance(owner, Registry):
            for key, member in list(owner.module_dict.items()):
                if member.__module__ in own | {DOCUMENT}:
                    del owner.module_dict[key]
    for module in own:
        del sys.modules[module]


def run_block(block: Block, folder: Path, namespace: dict, where: str) -> None:
    if block.kind == "file":
        target = folder / block.argument
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text)
    elif block.kind == "patch":
        target = folder / block.argument
        target.write_text(patched(target.read_text(), block.text))
    elif block.kind == "raises":
        check_error(block, namespace)
    elif block.kind == "from":
        text = (ROOT / block.argument).read_text()
        assert block.text in text, f"{where}: this is not in {block.argument}:\n{block.text}"
    elif block.kind == "run":
        run_shell(block.text, folder)
    elif block.language == "python":
        exec(compile(block.text, where, "exec"), namespace)


def patched(text: str, diff: str) -> str:
    """A text after a diff, whose parts are divided by lines that begin with ``@@``."""
    for part in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = [line or " " for line in part.splitlines()]
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
        if text.count(old) != 1:
            raise ValueError(f"there must be one such place, but got {text.count(old)}:\n{old}")
        text = text.replace(old, new)
    return text


def check_error(block: Block, namespace: dict) -> None:
    with pytest.raises(Exception) as caught:
        exec(compile(block.argument, "raises", "exec"), namespace)
    found = caught.value.args[0] if isinstance(caught.value, KeyError) else str(caught.value)
    shown = block.text.strip().removeprefix("error: ")
    pattern = ".*".join(re.escape(part) for part in shown.split("..."))
    pattern = re.sub(r"(\\\s)+", r"\\s+", pattern)  # shown lines may be broken anywhere
    assert re.fullmatch(pattern, found, re.DOTALL), f"shown:\n{shown}\n\nraised:\n{found}"


def run_shell(text: str, folder: Path) -> None:
    """Run commands; ``pip install`` goes to a folder of the document's, not into this Python."""
    site, binaries = folder / "site-packages", folder / "bin"
    binaries.mkdir(exist_ok=True)
    (binaries / "python").unlink(missing_ok=True)
    (binaries / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (binaries / "pip").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m pip "$@" -q --no-deps --no-build-isolation '
        f"--target {site}\n"
    )
    (binaries / "mmtal").write_text(f'#!/bin/sh\nexec {sys.executable} -m mmtal "$@"\n')
    for binary in binaries.iterdir():
        binary.chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}:{folder}:{site}",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@each(GUIDES + PROJECTS)
def test_what_is_shown_runs(path: Path, folder: Path):
    run_document(path, folder, slow=False)


@pytest.mark.slow
@each([path for path in GUIDES + PROJECTS if any(b.argument == "slow" for b in blocks(path))])
def test_what_is_shown_runs_to_the_end(path: Path, folder: Path):
    run_document(path, folder, slow=True)


def run_document(path: Path, folder: Path, *, slow: bool) -> None:
    namespace = {"__name__": DOCUMENT}
    for number, block in enumerate(blocks(path), start=1):
        if slow or block.argument != "slow":
            run_block(block, folder, namespace, f"{name(path)}, block {number}")


@each(GUIDES + PROJECTS)
def test_notes_are_known_and_fit_their_blocks(path: Path):
    for block in blocks(path):
        assert block.kind in ("", "run", "file", "patch", "from", "raises", "measured"), block
        assert block.kind != "run" or (block.language == "bash" and block.argument in ("", "slow"))
    text = path.read_text(encoding="utf-8")
    assert text.count("```") == 2 * sum(f"```{b.language}\n{b.text}" in text for b in blocks(path))


def test_no_kind_of_block_is_overlooked():
    found = Counter(block.kind for path in GUIDES + PROJECTS for block in blocks(path))
    assert found["run"] >= 3
    assert found["raises"] >= 25
    assert found["from"] >= 8
    assert sum(len(commands(path)) for path in GUIDES) >= 25


# ---------------------------------------------------------------- commands


def commands(path: Path) -> list[list[str]]:
    found = []
    for block in blocks(path):
        if block.language == "bash":
            for line in block.text.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words = words[1:]
                if words:
                    found.append(words)
    return found


class Parsed(BaseException):
    """The arguments were accepted."""


def check_python(script: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The script's own parser takes the arguments; nothing of it is run."""
    text = (ROOT / script).read_text()
    if "parse_args" not in text and "forward(" not in text:
        assert not arguments, f"{script} takes no arguments"
        return
    original = argparse.ArgumentParser.parse_args

    def parse(parser: argparse.ArgumentParser, *args: object) -> None:
        original(parser, *args)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)
    monkeypatch.setattr(sys, "argv", [script, *arguments])
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            runpy.run_path(str(ROOT / script), run_name="__main__")
    except Parsed:
        return
    except SystemExit:
        pytest.fail(f"{script} {shlex.join(arguments)}\n{errors.getvalue()}")
    finally:
        monkeypatch.undo()


def check_command(arguments: list[str]) -> None:
    """The parser of ``mmtal`` takes the arguments; nothing of it is run."""
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            build_parser().parse_args(arguments)
    except SystemExit:
        pytest.fail(f"mmtal {shlex.join(arguments)}\n{errors.getvalue()}")


def shell_arguments(script: str, arguments: list[str]) -> tuple[str, list[str]]:
    """The Python tool behind a shell script, and what that gets."""
    tool = "tools/train.py" if script.endswith("_train.sh") else "tools/test.py"
    if "slurm" in script:
        return tool, arguments[2:]  # without partition and job name
    last = 1 if tool == "tools/train.py" else 2
    assert arguments[last].isdigit(), f"{script} wants a number of processes at {arguments[last]}"
    return tool, arguments[:last] + arguments[last + 1 :]


@each(GUIDES + PROJECTS)
def test_commands_exist_and_take_their_options(path: Path, monkeypatch: pytest.MonkeyPatch):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for program, *arguments in commands(path):
        for argument in arguments:
            if re.fullmatch(rf"{NAMED}|projects/.*", argument):
                assert exists(path, argument), f"{program}: {argument} does not exist"
        if "--config_template" in arguments:
            template = arguments[arguments.index("--config_template") + 1]
            assert "/" in template or template in (*CONFIGS, AUTO), f"no template {template}"
        if program == "make":
            assert {a for a in arguments if "=" not in a} <= targets, arguments
        elif program == "mmtal":
            check_command(arguments)
            check_options(arguments)
        elif program == "python":
            if arguments[0] not in ("-m", "-c"):
                check_python(arguments[0], arguments[1:], monkeypatch)
                check_options(arguments)
        elif program.endswith(".sh"):
            assert os.access(ROOT / program, os.X_OK), f"{program} cannot be executed"
            check_python(*shell_arguments(program, arguments), monkeypatch)
            check_options(arguments)
        else:
            assert program in OTHER_COMMANDS, f"{name(path)}: unknown command {program}"


@functools.cache
def load(config: str) -> Config:
    return Config.fromfile(ROOT / config)


def check_options(arguments: list[str]) -> None:
    """What ``--cfg-options`` overrides is there to be overridden."""
    if "--cfg-options" not in arguments:
        return
    configs = [a for a in arguments if a.startswith("configs/") or a in CONFIGS]
    if not configs:
        return  # a config of the document's own
    config = load(f"configs/actionformer/{configs[0]}.py" if configs[0] in CONFIGS else configs[0])
    for option in arguments[arguments.index("--cfg-options") + 1 :]:
        if "=" not in option:
            break
        node = config
        key, value = option.split("=", maxsplit=1)
        DictAction._parse_iterable(value)
        *parents, _ = key.split(".")
        for part in parents:
            node = node[int(part) if part.isdigit() else part]


# ---------------------------------------------------------------- text


def prose(path: Path) -> str:
    return re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each(PAGES)
def test_links_and_pictures_exist(path: Path):
    for link in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", prose(path)):
        target, _, anchor = "".join(link).partition("#")
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), f"{name(path)} links {target}, which does not exist"
        assert not anchor or anchor in anchors(found), f"{name(path)}: no heading #{anchor}"


@each(PAGES)
def test_files_named_in_the_text_exist(path: Path):
    for found in re.findall(rf"`({NAMED})`", prose(path)):
        assert exists(path, found), f"{name(path)} names {found}, which does not exist"


def test_the_table_of_configs_is_whole():
    listed = re.findall(
        r"^\| \[`?(\w+)`?\]\(\.\./configs/actionformer/(\w+)\.py\)", NUMBERS, re.MULTILINE
    )
    assert sorted(stem for stem, _ in listed) == CONFIGS
    assert all(stem == target for stem, target in listed)


NUMBERS = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_measured_numbers_come_before_published_ones_which_say_so():
    assert NUMBERS.count("<!-- measured:start -->") == NUMBERS.count("<!-- measured:end -->") == 1
    end = NUMBERS.index("<!-- measured:end -->")
    assert end < NUMBERS.index("## Configs and published numbers")
    assert "published ones, not measured here" in NUMBERS


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
