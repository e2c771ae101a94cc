"""YAML files as people write them: no key twice, and 1e-3 is a number."""

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
FLOAT = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$")


class FileError(ValueError):
    """A file that is no YAML; the message is one sentence without the file's name."""


def read(path: Path) -> Any:  # noqa: ANN401 - any YAML value
    """Return the content of a YAML file.

    Raises: FileError if it cannot be read, is no YAML, or names a key twice.
    """
    if path.exists() and not path.is_file():
        raise FileError("it is no regular file")
    try:
        loader = _Loader(path.read_text("utf-8"))
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except OSError as error:
        raise FileError(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FileError("it is not text in UTF-8") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise FileError(f"it is no YAML: {_reason(error)}") from None


class _Loader(yaml.SafeLoader):
    """YAML without repeated keys and with plain numbers only.

    PyYAML would keep the last of two, and read 1e-3 as a text, 010 as 8 and 1:30 as 90.
    """

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, form) for tag, form in forms if not tag.endswith((":int", ":float"))]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", node.start_mark
                )
        return super().construct_mapping(node, deep)


for kind, form in (("int", WHOLE), ("float", FLOAT)):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", form, list("-+.0123456789"))


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f", line {mark.line + 1}" if mark else ""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return f"{getattr(error, 'problem', None) or getattr(error, 'reason', 'unreadable')}{place}"
