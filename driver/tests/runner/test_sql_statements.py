"""Splitting SQL text into statements:
a table of cases, texts put together at random, and what Spark's own lexer says."""

from __future__ import annotations

import random
from typing import List

import pytest

from glaux_driver.runner.sql_statements import split_statements
from tests.runner.harness import Jvm

SPLIT = [
    ("SELECT 1", ["SELECT 1"]),
    ("SELECT 1;", ["SELECT 1"]),
    ("a; b\n;\nc", ["a", "b", "c"]),
    (";;a;;b;; ;", ["a", "b"]),
    ("", []),
    (" \n-- nothing; at all\n/* ; */", []),
    # strings
    ("'a;b'; c", ["'a;b'", "c"]),
    ("'it''s;'; c", ["'it''s;'", "c"]),
    (r"'\';'; c", [r"'\';'", "c"]),
    (r"'\\'; c", [r"'\\'", "c"]),
    ('"a;\\";"; c', ['"a;\\";"', "c"]),
    ('"a"";"; c', ['"a"";"', "c"]),
    ("`a;``;`; c", ["`a;``;`", "c"]),
    (r"`a\`; c", [r"`a\`", "c"]),
    ("'--'; '/*'; c", ["'--'", "'/*'", "c"]),
    (r"r'\'; R" + r'"\"' + "; c", [r"r'\'", r'R"\"', "c"]),
    (r"xr'\';'; c", [r"xr'\';'", "c"]),
    ("'open; c", ["'open; c"]),
    ("$$a;b$$; $t$;$$;$t$; c", ["$$a;b$$", "$t$;$$;$t$", "c"]),
    # comments
    ("a -- b; c\n; d", ["a -- b; c", "d"]),
    ("-- first; of all\na; -- last\n", ["a"]),
    ("-- goes on \\\n; here\na; b", ["a", "b"]),
    ("a --;\r\n; b", ["a --;", "b"]),
    ("/* ; /* ; */ ; */ a; b", ["a", "b"]),
    ("a /* never; closed", ["a /* never; closed"]),
    ("SELECT /*+ BROADCAST(a) */ 1; b", ["SELECT /*+ BROADCAST(a) */ 1", "b"]),
    ("/* /*+ */ a; b", ["a", "b"]),
    ("a - -1; 4 / * 2; b", ["a - -1", "4 / * 2", "b"]),
    # scripts of Spark 4
    ("BEGIN SELECT 1; SELECT 2; END; c", ["BEGIN SELECT 1; SELECT 2; END", "c"]),
    ("begin end; c", ["begin end", "c"]),
    ("a; one: BEGIN two: BEGIN x; END two; y; END one; c", ["a", "one: BEGIN two: BEGIN x; END two; y; END one", "c"]),
    ("`a;b`: BEGIN x; END; c", ["`a;b`: BEGIN x; END", "c"]),
    ("BEGIN IF a THEN x; ELSE BEGIN y; END; END IF; END; c", ["BEGIN IF a THEN x; ELSE BEGIN y; END; END IF; END", "c"]),
    ("BEGIN SELECT CASE WHEN a THEN 1 END; x; END; c", ["BEGIN SELECT CASE WHEN a THEN 1 END; x; END", "c"]),
    ("BEGIN CASE a WHEN 1 THEN x; ELSE y; END CASE; END; c", ["BEGIN CASE a WHEN 1 THEN x; ELSE y; END CASE; END", "c"]),
    ("BEGIN WHILE a DO BEGIN x; END; END WHILE; END; c", ["BEGIN WHILE a DO BEGIN x; END; END WHILE; END", "c"]),
    ("BEGIN REPEAT x; UNTIL CASE WHEN a THEN 1 END = 1 END REPEAT; END; c",
     ["BEGIN REPEAT x; UNTIL CASE WHEN a THEN 1 END = 1 END REPEAT; END", "c"]),
    ("BEGIN l: LOOP LEAVE l; END LOOP l; FOR r AS SELECT 1 DO x; END FOR; END; c",
     ["BEGIN l: LOOP LEAVE l; END LOOP l; FOR r AS SELECT 1 DO x; END FOR; END", "c"]),
    ("BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN x; END; y; END; c",
     ["BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN x; END; y; END", "c"]),
    ("BEGIN SELECT begin, w.end FROM t; END; c", ["BEGIN SELECT begin, w.end FROM t; END", "c"]),
    ("SELECT begin, end FROM begin; c", ["SELECT begin, end FROM begin", "c"]),
    ("SELECT CASE WHEN a THEN 1 END; c", ["SELECT CASE WHEN a THEN 1 END", "c"]),
    ("SELECT a:begin; c", ["SELECT a:begin", "c"]),
    ("BEGIN x; c", ["BEGIN x; c"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SPLIT)
def test_table(text: str, expected: List[str]) -> None:
    assert [statement.text for statement in split_statements(text)] == expected


def test_lines() -> None:
    statements = split_statements("\n-- first\nSELECT 1;\n\n/* x\n */ SELECT\n2; SELECT 3")
    assert [statement.line for statement in statements] == [3, 6, 7]


# Pieces that are put between semicolons in any order.
# No piece begins with a comment or ends in a line comment.
PIECES = [
    "SELECT", "a", "r", "1.5", "''", "'x;y'", "'it''s;'", r"'\';'", '"q;"', '"a"";"', r'"\";"', "`b;`", "`b``;`", r"`\`",
    r"r'\'", r'R";\"', "/* c; */", "/* /* ; */ ; */", "/*/*;*/*/", "/*+ hint(a) */", "-- c; '\n", "--\\\n;\n", "--;\r\n",
    "-", "/", "*", "(", ")", "\n", "\r\n", "ü", "begin", "end", "case", "+",
]  # fmt: skip


def random_statement(choose: random.Random) -> str:
    inner = [choose.choice(PIECES) for _ in range(choose.randrange(6))]
    return " ".join(["x", *inner, "z"])


def test_random_round_trips() -> None:
    for seed in range(500):
        choose = random.Random(seed)
        statements = [random_statement(choose) for _ in range(choose.randrange(1, 6))]
        text = choose.choice([";", " ; ", ";\n", ";\n-- c;\n", "; /* ; */ "]).join(statements)
        assert [statement.text for statement in split_statements(text)] == statements, seed


def test_as_sparks_own_lexer(jvm: Jvm) -> None:
    """Outside of scripts, Spark's lexer finds the same semicolons as split_statements."""
    choose = random.Random(4)
    texts = ["; ".join(random_statement(choose) for _ in range(8)) for _ in range(100)]
    for text in texts:
        assert [statement.end for statement in split_statements(text)][:-1] == semicolons_of_spark(jvm, text), text


def semicolons_of_spark(jvm: Jvm, text: str) -> List[int]:
    antlr, parser = "org.antlr.v4.runtime", "org.apache.spark.sql.catalyst.parser"
    stream = jvm.java(f"{parser}.UpperCaseCharStream")(jvm.java(f"{antlr}.CharStreams").fromString(text))
    lexer = jvm.java(f"{parser}.SqlBaseLexer")(stream)
    lexer.removeErrorListeners()
    tokens = jvm.java(f"{antlr}.CommonTokenStream")(lexer)
    tokens.fill()
    found = tokens.getTokens(0, tokens.size() - 1, jvm.java(f"{parser}.SqlBaseLexer").SEMICOLON)
    return [token.getStartIndex() for token in found or ()]
