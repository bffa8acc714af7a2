"""keyturn-rotator(3) says what the header and the schema checker say, and its
example compiles."""

import re
import shutil
import subprocess

import pytest

from server import SOURCE

PAGE = (SOURCE / "sdk/man/keyturn-rotator.3.scd").read_text()
HEADER = (SOURCE / "sdk/include/keyturn/rotator.h").read_text()


def struct_of(name):
    """The text of a struct, without comments."""
    body = HEADER.split(f"struct {name} {{")[1].split("\n};")[0]
    return re.sub(r"/\*.*?\*/", "", body, flags=re.S)


def bold(section):
    """What a section of the page explains: the bold words of its terms."""
    text = PAGE.split(f"\n# {section}\n")[1].split("\n# ")[0]
    terms = [line for line in text.splitlines() if line.startswith("*")]
    return set(re.findall(r"\*(\w+)\*", " ".join(terms)))


def test_every_host_call_is_explained():
    calls = set(re.findall(r"\(\*(\w+)\)\(", struct_of("kt_host")))
    assert len(calls) > 12
    assert calls - bold("HOST CALLS") == set()


def test_every_class_is_explained():
    classes = set(re.findall(r"\b(KT_\w+) = ", HEADER.split("enum kt_class")[1]
                             .split("};")[0]))
    assert len(classes) == 11
    assert bold("CLASSES") == classes


def test_every_step_is_explained():
    steps = {word for line in re.findall(r"kt_step_fn ([^;]+);",
                                         struct_of("kt_rotator"))
             for word in re.findall(r"\*(\w+)", line)}
    assert len(steps) == 7
    assert bold("STEPS") == steps


def test_every_flag_is_explained():
    flags = set(re.findall(r"(KT_\w+) = \d", HEADER.split("enum kt_flag")[1]
                           .split("};")[0]))
    assert flags and bold("FLAGS") == flags


def test_every_schema_keyword_is_named():
    table = (SOURCE / "sdk/schema/schema.c").read_text() \
        .split("} keywords[] = {")[1].split("};")[0]
    known = set(re.findall(r'\{"([$\w]+)",', table))
    section = PAGE.split("\n# SCHEMAS\n")[1].split("\n# ")[0]
    assert len(known) > 15
    assert set(re.findall(r"\*([$\w]+)\*", section)) - {"regex"} == known


def test_the_example_compiles(tmp_path):
    (tmp_path / "e.c").write_text(PAGE.split("\n```\n")[1])
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic",
                    "-Werror", "-fsyntax-only",
                    f"-I{SOURCE}/sdk/include", tmp_path / "e.c"], check=True)


def test_scdoc_takes_the_page():
    if shutil.which("scdoc") is None:
        pytest.skip("scdoc is not installed")
    done = subprocess.run(["scdoc"], input=PAGE, text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ".SH HOST CALLS" in done.stdout
