"""Build what the documentation site has beyond docs/*.md: home, a page per command, the API.

A hook of MkDocs (see mkdocs.yml). The README is the home page, each command's page comes from its
parser, and the API reference shows the modules that mkdocs.yml lists.
"""

import re
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from mmtal.cli.main import build_parser
from mmtal.cli.parser import commands

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from something else."""
    readme = (config.config_file_path or "").replace("mkdocs.yml", "README.md")
    with open(readme, encoding="utf-8") as file:
        home = LINK.sub(_from_root, file.read())
    pages = {"index.md": home, "api.md": _api_index(config.extra["api"])}
    modules = config.extra["api"]
    pages |= {f"api/{module}.md": f"# {module}\n\n::: {module}\n" for module in modules}
    for name, parser in commands(build_parser()):
        text = re.sub(r"\x1b\[[0-9;]*m", "", parser.format_help())
        pages[f"commands/{name.replace(' ', '_')}.md"] = f"# mmtal {name}\n\n```text\n{text}```\n"
    for uri, content in pages.items():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Turn links to files outside the site into plain text, and link the commands' pages."""
    if page.file.src_uri == "commands.md":
        markdown = re.sub(
            r"^\| `mmtal ([a-z ]+)` \|",
            lambda m: f"| [`mmtal {m[1]}`](commands/{m[1].replace(' ', '_')}.md) |",
            markdown,
            flags=re.MULTILINE,
        )
    return LINK.sub(_inside, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Drop the roles of docstrings, such as ``:func:``, before what they mark."""
    return re.sub(r":(?:attr|class|data|func|meth|mod):\s*(?=<code)", "", html)


def _from_root(match: re.Match[str]) -> str:
    """A link of the README, as of a page in docs/."""
    mark, text, target = match.groups()
    if not re.match(r"[a-z]+:|#", target):
        target = target.removeprefix("docs/") if target.startswith("docs/") else f"../{target}"
    return f"{mark}[{text}]({target})"


def _inside(match: re.Match[str]) -> str:
    return match[2] if match[3].startswith("../") else match[0]


def _api_index(modules: list[str]) -> str:
    lines = "\n".join(f"- [{module}](api/{module}.md)" for module in modules)
    return f"# API\n\nWhat these modules define is public: plugins may rely on it.\n\n{lines}\n"
