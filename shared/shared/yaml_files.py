"""Files that people write (stores, callers …), read into models; what is wrong is told by line.

Scalars stay text until the model gives them a type, so that the country `NO` is Norway, and the
account `0123` keeps its zero.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ValidationError

from shared.errors import Refused

Where = Sequence[str | int]
"""Keys and indexes from the top of a file to a value."""

M = TypeVar("M", bound=BaseModel)

_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


class BadFile(Refused):
    """A file that people write cannot be used: one sentence with file and line per problem."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def matching(pattern: str, otherwise: str) -> AfterValidator:
    """A check that the whole text fits a pattern; `otherwise` tells what to write instead."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(otherwise)
        return text

    return AfterValidator(check)


class _Loader(yaml.SafeLoader):
    """YAML without guesses: of plain scalars only null and the merge key have a meaning."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name and form
        letter: [(tag, pattern) for tag, pattern in resolvers if tag in (_NULL, _MERGE)]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class Document:
    """One file, parsed, that still knows the line of each value."""

    def __init__(self, path: Path, node: yaml.Node | None, content: Any) -> None:
        self.path = path
        self.content = content
        self._node = node

    def line(self, where: Where) -> int:
        """Line, from 1, of a value, or of the nearest thing around it that the file has."""
        node, line = self._node, 1
        if node is not None:
            line = node.start_mark.line + 1
        for step in where:
            key, value = _child(node, step)
            if key is None or value is None:
                continue  # a name that the model put into the path, or a key that is missing
            node, line = value, key.start_mark.line + 1
        return line

    def bad(self, problems: Iterable[tuple[Where, str]]) -> BadFile:
        """The error for sentences, each about the value at a place."""
        told = sorted((self.line(where), sentence) for where, sentence in problems)
        return BadFile(f"{self.path}:{line}: {sentence}" for line, sentence in told)

    def read_as(self, model: type[M], context: dict[str, Any] | None = None) -> M:
        """Read the content as a model. Raises `BadFile` with a sentence for each problem."""
        try:
            return model.model_validate(self.content, context=context)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            raise self.bad(
                (problem["loc"], self._sentence(problem["loc"], problem["type"], problem["msg"]))
                for problem in problems
            ) from None

    def _sentence(self, where: Where, kind: str, message: str) -> str:
        name = self._name(where, is_last_missing=kind == "missing")
        if kind == "missing":
            return f"{name} is missing"
        if kind == "extra_forbidden":
            return f"{name} is not a known key"
        if kind == "value_error":  # our own sentence, behind pydantic's words
            return f"{name}: {message.removeprefix('Value error, ')}"
        return f"{name}: {message[:1].lower()}{message[1:]}"

    def _name(self, where: Where, *, is_last_missing: bool) -> str:
        """The place in words of the file: `stores.aurora.accounts[0].app_secret`."""
        node, name = self._node, ""
        for index, step in enumerate(where):
            key, value = _child(node, step)
            if key is None and not (is_last_missing and index == len(where) - 1):
                continue
            name += f"[{step}]" if isinstance(step, int) else f".{step}"
            node = value
        return name.removeprefix(".") or "the file"


def read(path: Path) -> Document:
    """Parse a YAML file. Raises `BadFile` when it is not there, is no YAML, or repeats a key."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile([f"{path}: cannot be read: {error}"]) from None
    return parse(text, path)


def parse(text: str, path: Path) -> Document:
    """Parse YAML that is there already; `path` is what it is called. Raises `BadFile`."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        repeated = [*_repeated(node)] if node is not None else []
        content = loader.construct_document(node) if node is not None and not repeated else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadFile([f"{path}:{line}: is no YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise BadFile([f"{path}: is no YAML: {error}"]) from None
    finally:
        loader.dispose()
    if repeated:
        raise BadFile(
            f"{path}:{key.start_mark.line + 1}: {key.value} is written twice" for key in repeated
        )
    return Document(path, node, content)


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The nodes to point at and to go on from, for one step down."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None, None


def _repeated(root: yaml.Node) -> Iterable[yaml.ScalarNode]:
    """Keys that a mapping has already; YAML forbids them, PyYAML takes the last one silently."""
    waiting, visited = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in visited:
            continue  # an alias
        visited.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            keys = set[str]()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                    if key.value in keys:
                        yield key
                    keys.add(key.value)
                waiting.append(value)
