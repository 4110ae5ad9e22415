"""A function of the user's, found and hashed by its source, without running any of it."""

import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from actbench.errors import did_you_mean

_REFERENCE = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<function>[^\W\d]\w*)")


class SourceError(Exception):
    """A reference does not lead to a function; the message names the module and says what is wrong."""


@dataclass(frozen=True)
class Source:
    """Where a function comes from.

    Attributes:
        module: Dotted name of the module that defines it.
        function: Its name there.
        path: The file.
        sha256: Of the function, of all functions and classes of its module that it uses, directly or not, and
            of every other statement at the top of the module, for that may change what they do. Comments and
            layout do not count; what is imported from elsewhere counts by name.
    """

    module: str
    function: str
    path: Path
    sha256: str


def look_up(reference: str) -> Source:
    """The source of "package.module:function".

    Modules are searched as Python does, the current folder last. Where a module only passes a function on,
    the source is that of the module that defines it.

    Raises:
        SourceError: It is no such reference, or there is no such module or function with Python source.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise SourceError(f"{reference!r} is no reference to a function; allowed: package.module:function")
    module, function = match["module"], match["function"]
    path = _file(module)
    try:
        statements = ast.parse(path.read_bytes(), filename=str(path)).body
        definitions = _definitions(statements)
        if function not in definitions:
            hint = did_you_mean(function, definitions)
            raise SourceError(f"the module {module} ({path}) has no {function!r} at its top level{hint}")
        defining = [statements[number] for number in definitions[function]]
        elsewhere = _imported_from(module, path, function, defining)
        if elsewhere is not None:
            return look_up(elsewhere)
        return Source(module, function, path, _hash(function, definitions, statements))
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"the module {module} cannot be read: {path}: {error}") from None
    except (RecursionError, MemoryError):
        raise SourceError(f"the module {module} cannot be read: {path}: nested too deep") from None


def _file(module: str) -> Path:
    spec = None
    folders: list[str] | None = None
    parts = module.split(".")
    for count, part in enumerate(parts, 1):
        name = ".".join(parts[:count])
        spec = _spec(name, folders)
        if spec is None:
            within = f" in {parts[count - 2]}" if count > 1 else ""
            raise SourceError(
                f"there is no module {name}: {part!r} is not found{within}; "
                "searched are the installed packages and the current folder"
            )
        folders = list(spec.submodule_search_locations or ())
    assert spec is not None
    path = Path(spec.origin or "")
    if path.suffix != ".py":
        raise SourceError(f"the module {module} has no Python source; allowed: a function that calls it")
    return path


def _spec(name: str, folders: list[str] | None) -> ModuleSpec | None:
    if folders is not None:
        return PathFinder.find_spec(name, folders)
    for finder in sys.meta_path:  # those of editable installations, too; none of them runs a top-level module
        spec = finder.find_spec(name, None)
        if spec is not None:
            return spec
    return PathFinder.find_spec(name, [os.getcwd()])  # noqa: PTH109 - a string is what it takes


def _definitions(statements: list[ast.stmt]) -> dict[str, list[int]]:
    """Which statements, by number, bind each name at the top of a module."""
    found: dict[str, list[int]] = {}
    for number, statement in enumerate(statements):
        for name in _bound(statement):
            found.setdefault(name, []).append(number)
    return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):  # also what a `try` or an `if` at the top binds
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name


def _imported_from(module: str, path: Path, function: str, statements: list[ast.stmt]) -> str | None:
    """The reference that a name at the top of a module only passes on; None where it is defined here."""
    match statements:
        case [ast.ImportFrom(names=names) as statement]:
            name = next(alias.name for alias in names if (alias.asname or alias.name) == function)
            return f"{_origin(module, path, statement)}:{name}"
    return None


def _origin(module: str, path: Path, node: ast.ImportFrom) -> str:
    """The module that `from ... import` names, relative ones written out."""
    if not node.level:
        return node.module or ""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    parents = package[: len(package) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _hash(function: str, definitions: dict[str, list[int]], statements: list[ast.stmt]) -> str:
    definers = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    used: set[int] = set()
    others = [
        number
        for number, statement in enumerate(statements)
        if not isinstance(statement, definers) and not _is_text(statement)
    ]
    waiting = [*definitions[function], *others]
    while waiting:
        number = waiting.pop()
        if number not in used:
            used.add(number)
            names = {node.id for node in ast.walk(statements[number]) if isinstance(node, ast.Name)}
            waiting += [other for name in names for other in definitions.get(name, ())]
    text = "\n".join(ast.unparse(statements[number]) for number in sorted(used))
    return hashlib.sha256(text.encode()).hexdigest()


def _is_text(statement: ast.stmt) -> bool:
    """Whether it only says something, such as a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
