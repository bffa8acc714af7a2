"""keyturn(1), keyturnd(8) and keyturn-plan(5) say what `keyturn help --json`,
`keyturnd --help-settings` and plan.schema.json say: nothing is missing in
either, and what both tell is the same.  Examples are tried."""

import json
import re
import shlex
import subprocess

import pytest

from keyturn_server import KEYTURND, KeyturnServer
from server import BUILD, SOURCE

KEYTURN = BUILD / "bin" / "keyturn"
PAGES = {name: (SOURCE / "engine" / "man" / f"{name}.scd").read_text()
         for name in ("keyturn.1", "keyturnd.8", "keyturn-plan.5",
                      "keyturn-clients.7")}
# What scdoc always writes and mandoc always finds.
SCDOC_HABITS = re.compile(r"skipping paragraph macro: PP (empty|after S[HS])$")


def printed(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          check=True, timeout=60).stdout


def section(page, name):
    return PAGES[page].split(f"\n# {name}\n")[1].split("\n# ")[0]


def bare(text):
    """Without scdoc's marks, on one line."""
    text = re.sub(r"(?<!\w)_([^_\n]+(?:_\w+)*)_(?!\w)", r"\1", text)
    return " ".join(text.replace("*", "").replace("\\", "").split())


def terms(text, indent=""):
    """{term: what is said of it} of a list; a term begins a line in bold."""
    found = {}
    for block in re.split(rf"\n(?={indent}\*)", "\n" + text):
        lines = block.strip("\n").split("\n")
        if len(lines) > 1 and lines[0].startswith(f"{indent}*"):
            found[lines[0].strip()] = "\n".join(lines[1:])
    return found


def options_of(text, indent):
    """{"limit": "N"} by the terms *--limit* _N_."""
    found = {}
    for term in terms(text, indent):
        match = re.fullmatch(r"\*--([\w-]+)\*(?: _?([^_]+)_?)?", term)
        if match:
            found[match[1]] = match[2]
    return found


# ---- keyturn(1) -----------------------------------------------------------


@pytest.fixture(scope="module")
def table():
    return json.loads(printed(KEYTURN, "help", "--json"))


def commands_of_page():
    text = re.sub(r"^## .*$", "", section("keyturn.1", "COMMANDS"), flags=re.M)
    found = {}
    for term, said in terms(text).items():
        words = bare(term).removeprefix("keyturn ")
        found[words] = options_of(said, "\t")
    return found


def test_every_command_and_option_is_in_the_page_and_no_other(table):
    of_table = {f"{c['path']} {c['usage']}".strip():
                {o["name"]: o.get("argument") for o in c["options"]}
                for c in table["commands"]}
    assert len(of_table) == 61
    assert commands_of_page() == of_table


def test_options_of_every_command_are_in_the_page(table):
    assert options_of(section("keyturn.1", "OPTIONS"), "") == \
        {o["name"]: o.get("argument") for o in table["everywhere"]["options"]}


def test_exit_codes_are_the_same(table):
    of_page = {int(bare(term)): bare(said).rstrip(".")
               for term, said in terms(section("keyturn.1",
                                               "EXIT STATUS")).items()
               if term[1].isdigit()}
    of_table = {c["code"]: c["text"] for c in table["exit_codes"]}
    assert {n: t.lower() for n, t in of_page.items()} == of_table


def test_limits_and_defaults_are_the_same(table):
    """Numbers that an option's line has are in the page's line, too."""
    text = section("keyturn.1", "COMMANDS")
    for c in table["commands"]:
        part = re.split(r"\n(?=\*keyturn |## )",
                        text.split(f"\n*keyturn {c['path']}*")[1])[0]
        said = terms(part, "\t")
        for o in c["options"]:
            (line,) = [v for k, v in said.items()
                       if re.fullmatch(rf"\*--{o['name']}\*( _?[^_ ]+_?)?", k)]
            numbers = set(re.findall(r"\d+", o["text"]))
            assert numbers <= set(re.findall(r"\d+", line)), (c["path"], o)


def examples(page):
    return section(page, "EXAMPLES").split("\n```\n")[1::2]


def test_examples_of_keyturn_are_commands(table):
    lines = [line for block in examples("keyturn.1")
             for line in block.strip().splitlines()]
    lines += [line for c in table["commands"]
              for line in c["examples"].splitlines()]
    assert len(lines) > 40
    for line in lines:
        (part,) = [p for p in line.split(" | ") if p.startswith("keyturn ")]
        words = shlex.split(part.split(" > ")[0])[1:]
        # Refuses what it does not know, and does nothing.
        shown = printed(KEYTURN, *words, "--help") \
            if words[0] != "help" else printed(KEYTURN, *words)
        assert shown, line


# ---- keyturnd(8) ----------------------------------------------------------


def settings_of_program():
    found = {}
    for block in printed(KEYTURND, "--help-settings").split("\n\n")[1:]:
        head, says, expects = block.splitlines()
        name, default, reloads = re.fullmatch(r"(\w+) = (.*?)(  \*)?",
                                              head).groups()
        found[name] = (default, reloads is not None, says.strip(),
                       expects.strip())
    return found


def settings_of_page():
    found = {}
    for term, said in terms(section("keyturnd.8", "SETTINGS")).items():
        name, default, reloads = re.fullmatch(
            r"\*(\w+)\*(?: = _(.*?)_)?(, reloads)?", term).groups()
        found[name] = (default or "", reloads is not None, bare(said))
    return found


def test_every_setting_is_in_the_page_and_no_other():
    program, page = settings_of_program(), settings_of_page()
    assert len(program) == 39
    assert page.keys() == program.keys()
    for name, (default, reloads, says, expects) in program.items():
        if not page[name][0].startswith("PREFIX/"):
            assert page[name][0] == default, name
        assert page[name][1] == reloads, name
        assert says.lower() in page[name][2].lower(), name
        assert expects.lower() in page[name][2].lower(), name


def test_paths_of_the_installation_are_in_the_page():
    program, page = settings_of_program(), settings_of_page()
    for name in ("plugin_dir", "rotator_program"):
        tail = page[name][0].removeprefix("PREFIX/")
        # lib/x86_64-linux-gnu and the like, where a distribution has it.
        first, rest = tail.split("/", 1)
        assert re.search(rf"/{first}/(.*/)?{rest}$", program[name][0])


def test_every_option_of_keyturnd_is_in_the_page():
    shown = printed(KEYTURND, "--help")
    options = set(re.findall(r"--[\w-]+", shown.split("\n\n")[-1]))
    options.discard("--fault-points")  # never in a release
    assert len(options) == 5
    text = " ".join(terms(section("keyturnd.8", "OPTIONS")))
    assert set(re.findall(r"--[\w-]+", text)) == options
    assert set(terms(section("keyturnd.8", "COMMANDS"))) == {"*run*", "*init*"}


def test_the_example_of_settings_is_taken(tmp_path):
    (ini,) = [e for e in examples("keyturnd.8") if "[keyturnd]" in e]

    def check(text):
        (tmp_path / "c").write_text(text)
        return subprocess.run(
            [KEYTURND, "--check-config", "--config", tmp_path / "c"], env={},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    assert check(ini).stdout == "The settings are good.\n"
    wrong = check(ini.replace("max_per_host", "max_per_hots"))
    assert wrong.returncode == 2 and "max_per_host" in wrong.stderr


# ---- keyturn-plan(5) ------------------------------------------------------


def schema():
    text = (SOURCE / "schedules" / "plan.schema.json").read_text()
    return json.loads(text)


def keys_of_schema():
    """{section of the page: {key: its schema}}"""
    plan = schema()
    secret = plan["properties"]["secrets"]["items"]["properties"]
    rotation = secret["rotation"]["properties"]
    generate = secret["value"]["properties"]["generate"]["properties"]

    def item(name):
        return plan["properties"][name]["items"]["properties"]

    return {
        "THE PLAN": plan["properties"],
        "A POLICY": item("policies"),
        "A GROUP": item("groups"),
        "A ROLE": item("roles"),
        "A USER": item("users"),
        "A SECRET": secret,
        "THE VALUE": secret["value"]["properties"],
        "A GENERATED VALUE": {**generate, **generate["password"]["properties"]},
        "THE ROTATION": rotation,
        "A BLACKOUT": rotation["blackouts"]["items"]["properties"],
    }


def keys_of_page(name):
    return {key: said
            for term, said in terms(section("keyturn-plan.5", name)).items()
            for key in re.findall(r"\*([$\w]+)\*", term)}


def test_every_key_of_a_plan_is_in_the_page_and_no_other():
    for name, keys in keys_of_schema().items():
        assert keys_of_page(name).keys() == keys.keys(), name


def test_no_object_of_the_schema_was_forgotten():
    def count(node):
        here = len(node.get("properties", {}))
        below = list(node.get("properties", {}).values())
        return here + sum(count(n) for n in [*below, *([node["items"]]
                                                       if "items" in node
                                                       else [])])

    assert count(schema()) == sum(len(k) for k in keys_of_schema().values())


def test_limits_and_defaults_of_a_plan_are_in_the_page():
    for name, keys in keys_of_schema().items():
        said = keys_of_page(name)
        for key, rules in keys.items():
            for limit in ("minimum", "maximum", "maxLength", "default"):
                if limit in rules:
                    value = json.dumps(rules[limit]).strip('"')
                    assert re.search(rf"\b{value}\b", bare(said[key])), key


def test_what_a_plan_needs_is_said():
    plan = schema()
    lists = {name: node["items"] for name, node in plan["properties"].items()
             if "items" in node}
    secret = lists["secrets"]
    for name, node in (("THE PLAN", plan), ("A SECRET", secret),
                       ("A POLICY", lists["policies"]),
                       ("A GROUP", lists["groups"]),
                       ("A ROLE", lists["roles"]),
                       ("A USER", lists["users"]),
                       ("THE ROTATION", secret["properties"]["rotation"])):
        needed = {k for k, said in keys_of_page(name).items()
                  if "Needed." in said}
        assert needed == set(node["required"])


def test_example_plans_are_good(tmp_path):
    plans = [json.loads(e) for e in examples("keyturn-plan.5")]
    assert len(plans) == 3
    (tmp_path / "app-admin.json").write_text('{"password": "a"}')
    (tmp_path / "app.json").write_text(json.dumps({
        "engine": "postgres", "host": "127.0.0.1", "username": "a",
        "password": "b", "dbname": "d", "masterarn": "prod/app-admin"}))
    with KeyturnServer() as k:
        for i, plan in enumerate(plans):
            path = tmp_path / f"{i}.json"
            path.write_text(json.dumps(plan))
            shown = printed(KEYTURN, "--socket", k.socket, "apply", path)
            if "secrets" not in plan:
                assert "+ user/app" in shown
                continue
            assert plan["secrets"][-1]["name"] in shown
            rotation = k.rotation(plan["secrets"][-1]["name"])
            assert rotation["Rotator"] == \
                plan["secrets"][-1]["rotation"]["rotator"]


# ---- all ------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_mandoc_finds_nothing(name, tmp_path):
    made = subprocess.run(["scdoc"], input=PAGES[name], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    (tmp_path / name).write_text(made)
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning",
                           tmp_path / name], stdout=subprocess.PIPE, text=True)
    assert [line for line in done.stdout.splitlines()
            if not SCDOC_HABITS.search(line)] == []
    shown = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=80",
                            tmp_path / name], stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    shown = re.sub(r".\x08", "", shown)
    headings = ["NAME", "DESCRIPTION", "SEE ALSO"]
    if not name.endswith(".7"):
        headings += ["FILES", "EXIT STATUS", "EXAMPLES"]
    for heading in headings:
        assert f"\n{heading}\n" in f"\n{shown}", heading
    assert [line for line in shown.splitlines() if len(line) > 80] == []


def test_pages_that_are_named_are_there():
    known = {*(n.rsplit(".", 1)[0] for n in PAGES), "keyturn-rotator"}
    for text in PAGES.values():
        named = set(re.findall(r"\*(keyturn[\w-]*)\*\(\d\)", text))
        assert named and named <= known


def test_pages_are_installed(tmp_path):
    subprocess.run(["cmake", "--install", BUILD, "--prefix", tmp_path],
                   stdout=subprocess.DEVNULL, check=True, timeout=120)
    for name in PAGES:
        number = name.rsplit(".", 1)[1]
        assert list(tmp_path.rglob(f"man{number}/{name}"))
