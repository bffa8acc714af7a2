"""sdk/README.md: its commands are run, word by word, as a reader would run
them; its tables say what the code says."""

import json
import os
import re
import subprocess

from server import BUILD, SOURCE

README = (SOURCE / "sdk" / "README.md").read_text()


def blocks():
    """The indented blocks of the tutorial, in order, without the indent."""
    tutorial = README.split("# What to write")[0]
    found, block = [], []
    for line in tutorial.splitlines() + [""]:
        if line.startswith("    "):
            block.append(line[4:])
        elif block:
            found.append("\n".join(block) + "\n")
            block = []
    return found


def test_the_tutorial_works_as_it_is_written(tmp_path):
    prefix = tmp_path / "keyturn"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix,
                    "--component", "sdk"], check=True,
                   stdout=subprocess.DEVNULL)
    (pc,) = {p.parent for p in prefix.rglob("keyturn.pc")}
    script = "set -eu\n" + "".join(blocks())
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, text=True, timeout=250,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": f"{BUILD}/bin:{os.environ['PATH']}",
             "PKG_CONFIG_PATH": str(pc), "CMAKE_PREFIX_PATH": str(prefix),
             "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stdout
    mine = tmp_path / "my-rotator"
    assert (mine / "dovecot.so").exists()
    assert next(prefix.rglob("rotators/dovecot.so"))
    secret = json.loads((mine / "secret.json").read_text())["secret"]
    assert secret["password"] != "first-password"
    assert re.search(r"\bpass\b", done.stdout) and "FAIL" not in done.stdout
    assert secret["password"] not in done.stdout


def test_the_tutorial_has_all_its_commands():
    text = "".join(blocks())
    for word in ["pkg-config --variable=templatedir keyturn",
                 "cmake --build build", "cc -shared",
                 "keyturn rotator check", "cmake --install build"]:
        assert word in text


def test_the_rules_are_those_of_the_kit():
    header = (SOURCE / "sdk" / "kit" / "kit.h").read_text()
    table = header.split("#define KIT_RULE_TABLE(X)")[1].split("enum")[0]
    table = re.sub(r'"\s*\\?\s*"', "", table)  # joined string literals
    rules = re.findall(r'X\(RULE_\w+,\s*\\?\s*"([^"]+)",\s*\\?\s*"([^"]+)"\)',
                       table)
    assert len(rules) > 20
    written = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|$", README, re.M)
    assert [r for r in written if r in rules] == rules


def test_the_template_is_as_long_as_it_says():
    lines = (SOURCE / "sdk/template/dovecot.c").read_text().splitlines()
    assert f"a complete rotator of {len(lines)} lines" in README
