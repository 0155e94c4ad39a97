from __future__ import annotations

from glaux_driver.supervisor.properties import as_file


def test_what_could_mean_something_in_a_file_of_properties_is_escaped() -> None:
    assert as_file({"spark.master": "local[2]", "a key=": "x: #\n"}) == (
        "spark.master=local\\u005b2\\u005d\na\\u0020key\\u003d=x\\u003a\\u0020\\u0023\\u000a\n"
    )


def test_characters_beyond_16_bits_become_two_escapes() -> None:
    assert as_file({"a": "ü😀\ud800"}) == "a=\\u00fc\\ud83d\\ude00\\ud800\n"
