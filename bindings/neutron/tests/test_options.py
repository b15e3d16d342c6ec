"""The settings: what they take, their defaults, and the sample file."""

import os
import pathlib
import re
import subprocess
import sys

import pytest
from hanotify_agent import Limits, Server
from hanotify_neutron import options
from oslo_config import cfg

PAGE = pathlib.Path(__file__).parents[3] / "docs/operating.md"


def configured(tmp_path, text=""):
    (tmp_path / "conf").write_text("[hanotify]\n" + text)
    conf = cfg.ConfigOpts()
    conf(["--config-file", str(tmp_path / "conf")], project="neutron")
    options.register(conf)
    return conf


def test_the_server_takes_them_all(tmp_path):
    settings = options.server_settings(configured(tmp_path))
    with Server(tmp_path / "socket", **settings):
        pass
    assert settings["limits"] == Limits() and settings["mode"] == 0o600


def test_each_is_read(tmp_path):
    text = "mode = 0660\ngroup = root\nallowed_uids = root, 12\ntotal_time = 2.5\nlegacy_state = true\nbody = 7\n"
    settings = options.server_settings(configured(tmp_path, text))
    assert (settings["mode"], settings["group"], settings["allowed_uids"]) == (0o660, 0, [0, 12])
    assert settings["total_time"] == 2.5 and settings["limits"] == Limits(body=7, legacy_state=True)


@pytest.mark.parametrize("line", ["mode = 1777", "mode = rw", "group = nobody-by-this-name", "allowed_uids = -1",
                                  "total_time = -1", "connections = 0", "kept_routers = 0", "metrics_port = 70000"])
def test_what_makes_no_sense_is_refused(tmp_path, line):
    conf = configured(tmp_path, line)
    with pytest.raises(cfg.ConfigFileValueError):
        options.server_settings(conf)
        assert conf.hanotify.kept_routers and conf.hanotify.metrics_port


def defaults_of_the_page():
    """The defaults in the table of the page on operation, by the name of the setting."""
    rows = re.findall(r"^\| `[^`]+` \| `(?:Limits::)?with_(\w+)(?:\(\w+\))?` \| [^|]+ \| ([^|]+) \|", PAGE.read_text(),
                      re.MULTILINE)
    assert len(rows) > 15
    return {name: default for name, default in rows}


@pytest.mark.skipif(not PAGE.exists(), reason="the page is not packed")
def test_the_defaults_are_those_of_the_library():
    page = defaults_of_the_page()
    # Which users may send, and switches; and what this server has no use for.
    special = {"mode": "600", "group": "that of new files", "default_uids": "off", "legacy_state": "off",
               "allowed_uids": "none", "allowed_gids": "none"}
    for opt in options.SERVER + options.LIMITS:
        if opt.name in special:
            assert page[opt.name] == special[opt.name]
        elif opt.default is None:
            assert "None" in page[opt.name]
        else:
            assert page[opt.name].replace(",", "").removesuffix(" s") == f"{opt.default:g}", opt.name
    assert set(page) - {opt.name for opt in options.SERVER + options.LIMITS} == {"refusal_events"}


def test_the_sample_file_is_generated(tmp_path):
    generator = pathlib.Path(sys.executable).parent / "oslo-config-generator"
    done = subprocess.run([generator, "--namespace", "hanotify"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    assert done.returncode == 0 and done.stdout.startswith("[DEFAULT]\n"), done.stderr
    assert "\n[hanotify]\n" in done.stdout
    for opt in options.SERVER + options.LIMITS + options.OWN:
        assert f"\n#{opt.name} =" in done.stdout, opt.name
    # Every value in it is one that is read.
    sample = re.sub(r"(?m)^#(\w+ = (?!<None>).+)$", r"\1", done.stdout.partition("[hanotify]\n")[2])
    assert options.server_settings(configured(tmp_path, sample)) == options.server_settings(configured(tmp_path))
