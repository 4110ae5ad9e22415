"""The source of a function that a user imports: found and hashed without running any of it.

The hash identifies what a cell computed. A changed function must become another cell, so everything that may
change its results is hashed; see `FunctionSource.sha256`.
"""

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
    """A reference does not lead to a function with Python source; the message names the module."""


@dataclass(frozen=True)
class FunctionSource:
    """The place and the hash of a function.

    Attributes:
        module: Dotted name of the module that defines the function.
        function: Name of the function in that module.
        path: File of that module.
        sha256: Hash of the function, of all functions and classes of its module that it uses directly or
            indirectly, and of all other statements at the top of the module, which may change what these do.
            Comments and layout do not count. Imported objects count by name.
    """

    module: str
    function: str
    path: Path
    sha256: str


def find_function_source(reference: str) -> FunctionSource:
    """Find the source of an imported function.

    Modules are searched in Python's order, the current folder last. If the module only imports the function
    from another, the source is that of the module that defines it.

    Args:
        reference: The function, as "package.module:function".

    Raises:
        SourceError: The reference is malformed, or no such module or function has Python source.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise SourceError(f"{reference!r} is not a reference to a function; write package.module:function")
    module, function = match["module"], match["function"]
    path = _find_file(module)
    try:
        statements = ast.parse(path.read_bytes(), filename=str(path)).body
        definitions = _definitions(statements)
        if function not in definitions:
            hint = did_you_mean(function, definitions)
            raise SourceError(f"the module {module} ({path}) has no {function!r} at its top level{hint}")
        defining = [statements[number] for number in definitions[function]]
        elsewhere = _origin_of_import(module, path, function, defining)
        if elsewhere is not None:
            return find_function_source(elsewhere)
        return FunctionSource(module, function, path, _hash(function, definitions, statements))
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"the module {module} cannot be read: {path}: {error}") from None
    except (RecursionError, MemoryError):
        raise SourceError(f"the module {module} cannot be read: {path}: nested too deep") from None


def _find_file(module: str) -> Path:
    """Find the file of a module; neither it nor its parent packages are imported."""
    spec = None
    folders: list[str] | None = None
    parts = module.split(".")
    for count, part in enumerate(parts, 1):
        name = ".".join(parts[:count])
        spec = _find_spec(name, folders)
        if spec is None:
            within = f" in {parts[count - 2]}" if count > 1 else ""
            raise SourceError(
                f"there is no module {name}: {part!r} is not found{within}; "
                "use a module of an installed package or of the current folder"
            )
        folders = list(spec.submodule_search_locations or ())
    assert spec is not None
    path = Path(spec.origin or "")
    if path.suffix != ".py":
        raise SourceError(f"the module {module} has no Python source; write a Python function that calls it")
    return path


def _find_spec(name: str, folders: list[str] | None) -> ModuleSpec | None:
    if folders is not None:
        return PathFinder.find_spec(name, folders)
    for finder in sys.meta_path:  # includes the finders of editable installs; none runs a top-level module
        spec = finder.find_spec(name, None)
        if spec is not None:
            return spec
    return PathFinder.find_spec(name, [os.getcwd()])  # noqa: PTH109 - find_spec takes strings


def _definitions(statements: list[ast.stmt]) -> dict[str, list[int]]:
    """Map each name at the top of a module to the numbers of the statements that bind it."""
    found: dict[str, list[int]] = {}
    for number, statement in enumerate(statements):
        for name in _bound_names(statement):
            found.setdefault(name, []).append(number)
    return found


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds, also inside an `if` or a `try`."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name


def _origin_of_import(module: str, path: Path, function: str, statements: list[ast.stmt]) -> str | None:
    """Return the reference of a function that the module only imports; None if the module defines it."""
    match statements:
        case [ast.ImportFrom(names=names) as statement]:
            name = next(alias.name for alias in names if (alias.asname or alias.name) == function)
            return f"{_imported_module(module, path, statement)}:{name}"
    return None


def _imported_module(module: str, path: Path, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module in `from ... import`."""
    if not node.level:
        return node.module or ""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    parents = package[: len(package) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _hash(function: str, definitions: dict[str, list[int]], statements: list[ast.stmt]) -> str:
    """Hash the statements that the function may depend on, in the order of the module."""
    definers = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    used: set[int] = set()
    others = [
        number
        for number, statement in enumerate(statements)
        if not isinstance(statement, definers) and not _is_docstring(statement)
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


def _is_docstring(statement: ast.stmt) -> bool:
    """Return whether a statement is only a constant, such as a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
