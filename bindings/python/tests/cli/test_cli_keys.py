"""The commands for keys, on a real node: output, JSON, exit codes."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest
from processes import COMMAND, PATIENCE, NodeProcess, environment, eventually, inside, node, scuttle


@pytest.mark.parametrize(
    "word, value",
    [
        ('{"on": true}', {"on": True}),
        ("null", None),
        ("-1.5", -1.5),
        ('"text"', "text"),
        ("[]", []),
        ("9007199254740993", 9007199254740993),
        ('"\\u009b31m"', "\x9b31m"),
    ],
)
def test_a_value_is_json(node: NodeProcess, word: str, value: object) -> None:
    assert node.run("set", "--", "json", word).code == 0
    got = node.run("get", "json")
    assert (got.code, json.loads(got.out), got.error) == (0, value, "")
    assert got.out.rstrip("\n").isprintable()
    assert node.json("get", "json")["value"] == value


def test_a_string_is_proposed(node: NodeProcess) -> None:
    done = node.run("set", "word", "it's text")
    assert done.code == 2 and done.out == ""
    assert "is not JSON; for a string use --string, or write '\"it'\\''s text\"'" in done.error
    assert done.error.count("\n") == 1
    shell = """'"it'\\''s text"'"""
    assert shell in done.error
    words = subprocess.run(["sh", "-c", f"printf %s {shell}"], capture_output=True, text=True, timeout=PATIENCE).stdout
    assert node.run("set", "word", words).code == 0  # the proposal works in a shell
    assert node.run("get", "--raw", "word").out == "it's text\n"


@pytest.mark.parametrize("word", ["NaN", "1e999", '{"a":1,"a":2}', "[" * 100_000, "", "{", "-Infinity"])
def test_what_is_no_json_is_refused(node: NodeProcess, word: str) -> None:
    done = node.run("set", "--", "bad", word)
    assert done.code == 2 and "is not JSON" in done.error and len(done.error) < 400
    assert node.run("get", "bad").code == 1


def test_a_string_from_the_command_line_and_from_standard_input(node: NodeProcess) -> None:
    assert node.run("set", "text", "--string", "12").code == 0
    assert node.run("get", "text").out == '"12"\n'
    assert node.run("set", "text", "--string", "-", input="two\nlines\n").code == 0
    assert node.json("get", "text")["value"] == "two\nlines"
    assert node.run("set", "text", "-", input='{"a":\n1}\n').code == 0
    assert node.run("get", "text").out == '{"a":1}\n'


def test_an_absent_key_is_exit_code_1(node: NodeProcess) -> None:
    for command in ("get", "del"):
        done = node.run(command, "absent")
        assert (done.code, done.out) == (1, "")
        assert done.error == "scuttle: the key 'absent' holds no value\n"


def test_a_key_that_is_deleted_is_absent(node: NodeProcess) -> None:
    node.run("set", "gone", "1")
    assert node.json("del", "gone", "--durable") == {"key": "gone", "deleted": True}
    assert node.run("get", "gone").code == 1


def test_a_key_that_can_be_none_is_a_mistake(node: NodeProcess) -> None:
    for key, code in (("", 2), ("k" * 70_000, 4)):
        done = node.run("set", key, "1")
        assert done.code == code and done.error.count("\n") == 1, done


def test_keys_of_nodes_are_theirs(node: NodeProcess) -> None:
    assert node.run("set", "~scuttle/member/bob", "1").code == 2
    assert node.run("get", "~scuttle/member/ada").code == 1
    assert node.run("del", "~scuttle/member/ada").code == 1
    assert "~scuttle" not in node.run("ls").out
    assert "~scuttle" not in node.run("history").out
    assert list(node.json("status")["members"]) == ["ada"]


def test_a_time_to_live_ends(node: NodeProcess) -> None:
    assert node.run("set", "short", "1", "--ttl", "100ms").code == 0
    eventually(lambda: node.run("get", "short").code == 1)
    assert node.run("set", "short", "1", "--ttl", "soon").code == 2


@pytest.mark.parametrize("time", ["1000000001", "9" * 400, "99999d"])
def test_a_time_that_no_clock_holds_is_a_mistake(node: NodeProcess, time: str) -> None:
    for words in (["set", "k", "1", "--durable", "--timeout"], ["set", "k", "1", "--ttl"], ["status", "--interval"]):
        done = node.run(*words, time)
        assert done.code == 2 and "is longer than 1,000,000,000 seconds" in done.error, done
        assert len(done.error) < 200


def test_a_write_that_is_not_confirmed_in_time_is_exit_code_5(node: NodeProcess) -> None:
    done = node.run("set", "lonely", "1", "--confirmed", "1", "--timeout", "200ms")
    assert done.code == 5 and done.error == "scuttle: the key 'lonely' is set, but 0.2 s were over before 1 peer had confirmed it\n"
    done = node.run("del", "lonely", "--durable", "--confirmed", "2", "--timeout", "200ms")
    assert done.error.endswith("'lonely' is deleted, but 0.2 s were over before the disk had it and 2 peers had confirmed it\n"), done
    done = node.run("set", "lonely", "1", "--confirmed", "1", "--timeout", "200ms")
    assert node.run("get", "lonely").out == "1\n"
    assert node.run("set", "lonely", "1", "--timeout", "1s").code == 2  # there is nothing to wait for


def test_ls_and_history(node: NodeProcess) -> None:
    keys = [f"list/{number:03}" for number in range(600)]  # more than one step of the node
    node.run("load", input="".join(json.dumps({"key": key, "value": key[-1]}) + "\n" for key in keys))
    assert node.run("ls", "list/").out.split() == keys
    assert node.run("ls", "list/", "--limit", "2").out.split() == keys[:2]
    assert node.run("ls", "list/", "--limit", "0").out == ""
    assert node.run("ls", "list/", "--values", "--limit", "1").out == 'list/000\t"0"\n'
    assert node.run("--json", "ls", "list/", "--values").documents == [{"key": key, "value": key[-1]} for key in keys]
    assert node.run("ls", "--json", "list/", "--limit", "1").documents == [{"key": keys[0]}]
    newest = node.run("history", "list/", "--limit", "2", "--json").documents
    assert [item["key"] for item in newest] == keys[-2:] and newest[0]["version"] < newest[1]["version"]
    assert node.run("history", "list/", "--limit", "1").out.split("\t")[2:] == [keys[-1], '"9"\n']


def test_a_key_that_would_break_a_line_or_a_terminal_is_quoted(node: NodeProcess) -> None:
    strange = 'strange/\n\x1b[31m"\x9b'
    node.run("load", input=json.dumps({"key": strange, "value": strange}) + "\n")
    out = node.run("ls", "strange/", "--values").out
    assert out.count("\n") == 1 and out.rstrip("\n").replace("\t", "").isprintable()
    key, value = out.rstrip("\n").split("\t")
    assert json.loads(key) == json.loads(value) == strange


def test_watch_until_interrupted(node: NodeProcess) -> None:
    node.run("set", "watched/old", "0")
    words = [*COMMAND, "--socket", node.socket, "watch", "watched/", "--initial"]
    plain = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    lines = subprocess.Popen([*words, "--json"], env=environment(), stdout=subprocess.PIPE, encoding="utf-8")
    assert plain.stdout is not None and plain.stderr is not None and lines.stdout is not None
    with plain, lines:
        assert plain.stdout.readline() == "watched/old\t0\n"
        assert json.loads(lines.stdout.readline())["key"] == "watched/old"
        node.run("set", "watched/new", '"deleted"')
        assert plain.stdout.readline() == 'watched/new\t"deleted"\n'
        node.run("del", "watched/new")
        assert plain.stdout.readline() == "watched/new\tdeleted\n"
        items = [json.loads(lines.stdout.readline()) for _ in range(2)]
        assert items[0]["value"] == "deleted" and items[1]["deleted"] is True
        for process in (plain, lines):
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        assert plain.stderr.read() == ""


def test_a_reader_that_goes_away_is_no_fault(node: NodeProcess) -> None:
    node.run("load", input="".join(json.dumps({"key": f"pipe/{n}", "value": "x" * 500}) + "\n" for n in range(2000)))
    for command in ("ls --values pipe/", "dump", "history", "ls --json pipe/"):
        line = f"{sh(COMMAND)} --socket {node.socket} {command}"
        script = f"{line} | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["bash", "-c", script], env=environment(), capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.stderr == "" and done.stdout.strip() in ("141", "0"), (command, done)
    full = subprocess.run(
        ["bash", "-c", f"{line} >/dev/full"], env=environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    assert full.returncode == 6 and full.stderr.count("\n") == 1 and "No space left" in full.stderr


def sh(words: list[str]) -> str:
    return " ".join(words)


def test_forget(node: NodeProcess) -> None:
    assert node.run("forget", "nobody").code == 1
    done = node.run("forget", "ada")
    assert done.code == 4 and "itself" in done.error


def test_no_node_is_exit_code_3(node: NodeProcess) -> None:
    done = inside("--socket", "/nowhere/s", "get", "k")
    assert done.code == 3 and "start a node with" in done.error
    assert scuttle("get", "k").code == 2  # which node?
    assert scuttle("get", "k", SCUTTLE_SOCKET="/nowhere/s").code == 3
    node.run("set", "variable", "1")
    assert scuttle("get", "variable", SCUTTLE_SOCKET=node.socket).out == "1\n"
    assert scuttle("get", "variable", "--socket", node.socket, SCUTTLE_SOCKET="/nowhere/s").out == "1\n"
