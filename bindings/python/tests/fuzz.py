"""Feeds the wheel and the second reader the same bytes, led by what the second reader runs of itself.

bindings/python/fuzz calls it. Not a part of the tests' collection: libFuzzer ends the process.
"""

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["oracle"]):
    import oracle

import test_laws as laws


def seeds(folder: Path) -> None:
    """The messages of the vectors, behind the byte that chooses the limits."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(laws.STARTS):
        (folder / f"vector-{number}").write_bytes(bytes([number % len(laws.LIMITS)]) + start)


def agree(data: bytes) -> None:
    """The first byte chooses the limits, and the second where what follows is cut in two."""
    most = laws.LIMITS[data[0] % len(laws.LIMITS)] if data else laws.LIMITS[0]
    data, cut = data[1:], data[1] if len(data) > 1 else 0
    limits = laws.limits_of(most)
    verdict = laws.whole(data, limits)
    if (verdict if isinstance(verdict, oracle.Message) else None) != oracle.read(data, most):
        raise AssertionError(f"{verdict} but {oracle.read(data, most)}")
    if laws.fed([data[:cut], data[cut:]], limits) != verdict:
        raise AssertionError(f"{verdict}, but not if it is cut at {cut}")


def main() -> None:
    folder, *arguments = sys.argv[1:]
    corpus = Path(folder) / "corpus"
    seeds(corpus)
    most_bytes = max(map(len, laws.STARTS)) + 200
    options = [f"-artifact_prefix={folder}/", f"-max_len={most_bytes}", *arguments, str(corpus)]
    atheris.Setup([sys.argv[0], *options], agree)
    atheris.Fuzz()


main()
