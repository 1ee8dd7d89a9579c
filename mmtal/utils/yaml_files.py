"""Read YAML in which ``1e-4`` is a number and repeated keys are errors."""

import re
from pathlib import Path
from typing import Any

import yaml

from mmtal.utils.reading import check_tree, decode_text, reading

_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag != _MERGE and isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key '{key.value}' is there twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


# YAML 1.1, which PyYAML reads, wants a point and a sign: 1.0e-4, 1.0e+4.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file; ValueError: it is not YAML, or a key is there twice."""
    problem = "cannot be read as YAML"
    text = decode_text(path, Path(path).read_bytes(), problem=problem)
    with reading(path, problem):
        try:
            content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
        except yaml.YAMLError as error:
            raise ValueError(str(error).replace('in "<unicode string>", ', "in ")) from error
        check_tree(content, len(text))
        return content
