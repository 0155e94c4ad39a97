"""The Spark properties in the sources of clients, as JSON: [{"client", "key", "values"}, …].

    python sent_properties.py <folder that the clients are installed into>

The sources are only read, not run, so the clients' dependencies are not needed. Every text that looks like
a property counts, wherever it is in the modules that start Athena's sessions. A part of a key or a value
that is known only when the client runs is written as `<name>`.
"""

import ast
import json
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set

# For each client, by its name at PyPI: the modules that start sessions of Athena for Apache Spark, or make
# Spark properties for such sessions.
MODULES = {
    "apache-airflow-providers-amazon": ["airflow/providers/amazon/aws/**/*athena*.py"],
    "awswrangler": ["awswrangler/athena/**/*.py"],
    "dbt-athena": ["dbt/adapters/athena/**/*.py"],
    "PyAthena": ["pyathena/**/*.py"],
    "sagemaker-studio": [
        "sagemaker_studio/utils/spark/session/*.py",
        "sagemaker_studio/utils/spark/session/athena/*.py",
    ],
}
PROPERTY = re.compile(r"spark\.[A-Za-z][\w<>-]*(\.[\w<>-]+)*")


def main(folder: Path) -> None:
    found: List[Dict[str, object]] = []
    for client, patterns in MODULES.items():
        files = sorted({file for pattern in patterns for file in folder.glob(pattern)})
        sources = [file.read_text() for file in files]
        # Modules without a call that starts or uses a session are no longer the ones to read.
        if not re.search(r"start_session|start_calculation_execution", "".join(sources)):
            sys.exit(f"{client} has moved what starts its sessions: mend MODULES in {__file__}")
        sent: Dict[str, Set[str]] = {}
        for source in sources:
            for key, value in properties(ast.parse(source)):
                sent.setdefault(key, set()).update([] if value is None else [value])
        found += [{"client": client, "key": key, "values": sorted(values)} for key, values in sorted(sent.items())]
    json.dump(found, sys.stdout)


def properties(tree: ast.Module) -> Iterator["tuple[str, Optional[str]]"]:
    """The properties' keys, each with its value if the value is written beside the key."""
    names = texts_of_names(tree)
    values: Dict[int, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            values.update((id(key), value) for key, value in zip(node.keys, node.values) if key is not None)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript):
                    values[id(target.slice)] = node.value
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr, ast.Name)):
            text = text_of(node, names)
            if text is not None and PROPERTY.fullmatch(text):
                value = values.get(id(node))
                yield text, None if value is None else text_of(value, names) or "<?>"


def texts_of_names(tree: ast.Module) -> Dict[str, str]:
    """Names that are assigned a text that begins with `spark.`, such as the beginning of several keys."""
    names: Dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            text = text_of(node.value, {})
            if text is not None and text.startswith("spark."):
                names[node.targets[0].id] = text
    return names


def text_of(node: ast.AST, names: Dict[str, str]) -> Optional[str]:
    """The text that an expression makes; None if it makes no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = [text_of(part.value if isinstance(part, ast.FormattedValue) else part, names) for part in node.values]
        return "".join(part or "<?>" for part in parts)
    if isinstance(node, ast.Name):
        return names.get(node.id, f"<{node.id.strip('_')}>")
    if isinstance(node, ast.Attribute):
        return f"<{node.attr}>"
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
