"""`glexec -v` and `-V` say what the program is, whoever asks, and do nothing else."""

import pytest


@pytest.mark.parametrize("caller", ["pilot01", "alpha001", "root"])
def test_the_version_is_told_to_everybody(node, caller):
    node.path("/etc/glexec.conf").unlink()
    done = node.call("-v", caller=caller, env={})
    assert (done.code, done.err, done.log) == (0, "", ())
    assert done.out.startswith("gLExec, the reference switch of glexec-testbed, version 0.")


def test_what_was_settled_at_compile_time_is_told_as_well(node):
    done = node.call("-V", env={})
    assert "configuration: /mnt/etc/glexec.conf\n" in done.out
    assert "system log: /mnt/dev/log\n" in done.out


@pytest.mark.parametrize("arguments", [("-v", "x"), ("-x",), ("--version",)])
def test_anything_else_is_a_command(node, arguments):
    assert node.call(*arguments).code == 201
