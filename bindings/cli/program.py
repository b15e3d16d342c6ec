"""Puts the program into its wheel, with its manual pages and completions, from the folder that `.ci/laid-out` makes."""

import os
import pathlib

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# It has its C library inside: any Linux will do, whatever its own is.
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "musllinux_1_1_x86_64")
COMPLETIONS = {
    "hanotify.bash": "share/bash-completion/completions/hanotify",
    "hanotify.fish": "share/fish/vendor_completions.d/hanotify.fish",
    "hanotify.zsh": "share/zsh/site-functions/_hanotify",
}


class Program(BuildHookInterface):
    def initialize(self, version, build_data):
        if "HANOTIFY_FILES" not in os.environ:
            raise SystemExit("HANOTIFY_FILES is not set: build the wheel by bindings/cli/wheel")
        folder = pathlib.Path(os.environ["HANOTIFY_FILES"])
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + ".".join(PLATFORMS)
        build_data["shared_scripts"][str(folder / "hanotify")] = "hanotify"
        pages = {str(page): f"share/man/man1/{page.name}" for page in folder.glob("man/*.1")}
        shells = {str(folder / "completions" / name): place for name, place in COMPLETIONS.items()}
        build_data["shared_data"].update(pages | shells)
