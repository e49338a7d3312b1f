"""The conversation vectors, which the tests in Swift and in C run, too: Tests/Conformance/Vectors/README.md has their format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

import pytest
from support import facts

import scuttle
from scuttle import Event, Limits, Replica, ScuttleError, _abi

ROOT = Path(__file__).resolve().parents[4] / "Tests" / "Conformance" / "Vectors" / "conversations"
FOLDERS = sorted(path for path in ROOT.glob("**/") if not any(inner.is_dir() for inner in path.iterdir()))
NAMES = [str(folder.relative_to(ROOT)) for folder in FOLDERS]

CODE_NAMES = {value: f"SCUTTLE_{name}" for name, value in vars(_abi).items() if name.startswith("E_")}
FLAGS = {"live", "read_only", "classic", "history", "extended"}
SIZES = {"mtu", "max_history", "max_tombstones"}
START = '{"digest":true,"export":{"source":%s,"lamport":0,"incarnation":817084509757786}}\n{"digest":true,"end":1}\n'


class Step(NamedTuple):
    kind: str
    """`<`, `>`, `|`, or a word."""
    lines: List[str]
    """The rest of the line, without the blank before it."""
    number: int
    code: str = "SCUTTLE_OK"

    @property
    def text(self) -> bytes:
        """The lines as bytes; a single empty line means no bytes."""
        text = "\n".join(self.lines)
        return f"{text}\n".encode("utf-8", "surrogateescape") if text else b""


def steps(path: Path) -> List[Step]:
    """Returns the steps of a file. Consecutive lines of one mark are one step; `!` belongs to the step before it."""
    found: List[Step] = []
    joins = False
    for number, line in enumerate(path.read_bytes().decode("utf-8", "surrogateescape").split("\n"), 1):
        kind, _, rest = line.partition(" ")
        if kind == "!":
            found[-1] = found[-1]._replace(code=rest)
        elif joins and kind == found[-1].kind:
            found[-1].lines.append(rest)
        elif kind not in ("", "#", "--"):
            found.append(Step(kind, [rest], number))
        joins = kind in ("<", ">", "|", "=")
    return found


class Stage:
    """A replica, its links, and the latest text that a step has shown."""

    def __init__(self, piece: int) -> None:
        self.piece = piece
        self.capacity = 0
        self.link: Optional[scuttle.Link] = None
        self.other: Optional[scuttle.Link] = None
        self.told: List[str] = []
        self.shown: Optional[bytes] = None

    def play(self, step: Step) -> str:
        """Returns the name of the code of a call."""
        act: Callable[[Step], object] = getattr(self, f"_{WORDS.get(step.kind, step.kind)}")
        try:
            outcome = act(step)
        except ScuttleError as error:
            return CODE_NAMES[error.code or 0]
        return outcome if isinstance(outcome, str) else "SCUTTLE_FULL" if outcome is False else "SCUTTLE_OK"

    def _replica(self, step: Step) -> None:
        id, *options = step.lines[0].split(" ")
        given = dict(option.split("=") for option in options if "=" in option)
        assert {option for option in options if "=" not in option} <= {"keep_tombstones"}
        limits = {name: int(value) for name, value in given.items() if name in Limits._fields}
        sizes = {name: int(value) for name, value in given.items() if name in SIZES}
        assert set(given) == {*limits, *sizes} | (given.keys() & {"cluster"})
        self.replica = Replica(
            id,
            exact_id=True,
            seed=1,
            state=START % json.dumps(id, ensure_ascii=False),
            limits=Limits(**limits),
            cluster=given.get("cluster", ""),
            keep_tombstones="keep_tombstones" in options,
            on_event=self._tell,
            **sizes,  # type: ignore[arg-type]
        )

    def _tell(self, _: Optional[scuttle.Link], event: Event, error: Optional[ScuttleError]) -> None:
        code = f" {CODE_NAMES[error.code or 0]}" if error else ""
        self.told.append(f"{event.name.lower()}{code}\n")

    def _link(self, step: Step) -> None:
        if self.link:
            self.link.close()
        self._open(step)

    def _beside(self, step: Step) -> None:
        assert self.link and not self.other and not self.capacity
        self.other = self.link
        self._open(step)

    def _swap(self, _: Step) -> None:
        assert self.link and self.other and not self.capacity
        self.link, self.other = self.other, self.link

    def _open(self, step: Step) -> None:
        words = step.lines[0].split()
        self.capacity = sum(int(word[9:]) for word in words if word.startswith("datagram="))
        flags = {word: True for word in words if not word.startswith("datagram=")}
        assert flags.keys() <= FLAGS
        is_any = not flags.pop("extended", False)
        self.link = self.replica.link(datagram=self.capacity > 0, any=is_any, **flags)

    def _hear(self, step: Step) -> object:
        assert self.link
        piece = 0 if self.capacity else self.piece
        errors: List[ScuttleError] = []
        for start in range(0, len(step.text), piece or len(step.text)):
            try:
                outcome = self.link.write(step.text[start : start + piece] if piece else step.text)
            except ScuttleError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return outcome

    def _say(self, step: Step) -> None:
        assert self.link
        said = self.link.read(self.capacity) if self.capacity else b"".join(iter(self._read, b""))
        assert said.decode("utf-8", "replace") == step.text.decode()

    def _read(self) -> bytes:
        assert self.link
        return self.link.read(self.piece or 65536)

    def _import(self, step: Step) -> str:
        return "SCUTTLE_OK" if self.replica.load(step.text[:-1]) else "SCUTTLE_TORN"

    def _expect(self, step: Step) -> None:
        assert self.shown is not None and self.shown.decode() == step.text.decode()
        self.shown = None

    def _entries(self, _: Step) -> None:
        self.shown = b"".join(f"{update.to_line()}\n".encode() for update in self.replica.snapshot())

    def _clock(self, _: Step) -> None:
        self.shown = "".join(f"{source} {version}\n" for source, version in self.replica.clock.items()).encode()

    def _export(self, _: Step) -> None:
        self.shown = self.replica.export()

    def _events(self, _: Step) -> None:
        self.shown = "".join(self.told).encode()
        self.told = []

    def _set(self, step: Step) -> object:
        key, value = step.lines[0].split(" ", 1)
        return self.replica.set(key, json.loads(value))

    def _set_ttl(self, step: Step) -> object:
        key, time, value = step.lines[0].split(" ", 2)
        return self.replica.set_ttl(key, json.loads(value), int(time) / 1000)

    def _delete(self, step: Step) -> object:
        return self.replica.delete(step.lines[0])

    def _tick(self, step: Step) -> object:
        return self.replica.tick(int(step.lines[0]) / 1000)

    def _purge(self, _: Step) -> None:
        self.replica.purge()

    def _forget(self, step: Step) -> str:
        return "SCUTTLE_OK" if self.replica.forget(step.lines[0]) else "SCUTTLE_NOT_FOUND"

    def _gossip(self, _: Step) -> object:
        return self.replica.gossip()


WORDS = {"<": "hear", ">": "say", "|": "import", "=": "expect"}


def test_no_folder_is_left_out() -> None:
    """A folder has folders in it, or a conversation and nothing else."""
    if not ROOT.exists():
        pytest.skip("the vectors are there in a source checkout only")
    assert len(FOLDERS) > 100
    assert {folder.relative_to(ROOT).parts[0] for folder in FOLDERS} == {"valid", "invalid"}
    files = {path for path in ROOT.glob("**/*") if not path.is_dir()}
    assert files == {folder / "conversation" for folder in FOLDERS}


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_conversation(name: str, piece: int) -> None:
    stage = Stage(piece)
    played = steps(ROOT / name / "conversation")
    for step in played:
        before = facts(stage.replica) if step.kind != "replica" else None
        code = stage.play(step)
        assert code == step.code, f"line {step.number}: {step.lines}"
        is_refused = code.startswith("SCUTTLE_E_") and len(step.lines) == 1
        if is_refused and code != "SCUTTLE_E_SOURCES":
            assert facts(stage.replica) == before, f"line {step.number} has changed something"
    for link in filter(None, (stage.link, stage.other)):
        stage.link = link
        assert stage.play(Step(">", [""], 0)) == "SCUTTLE_OK"
    assert any(step.kind == "=" for step in played) and stage.shown is None
    assert any(step.code.startswith("SCUTTLE_E_") for step in played) == name.startswith("invalid")
    stage.replica.close()
