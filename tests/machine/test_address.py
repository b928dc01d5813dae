"""Which engine is meant: the order of DOCKER_HOST, DOCKER_CONTEXT, the configured context, the default socket."""

import hashlib
import json
from pathlib import Path

import pytest

from testbed.lab.machine.address import Address, address
from testbed.lab.machine.engine import ask
from testbed.model.problem import Problem


def context(home: Path, name: str, host: str) -> Path:
    """A context as `docker context create` writes it."""
    folder = home / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(
        json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}})
    )
    return home


def use(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"auths": {}, "currentContext": name}))


def test_without_any_word_it_is_the_default_socket(tmp_path: Path) -> None:
    assert address({}, tmp_path) == Address("unix:///var/run/docker.sock", "the default socket")


def test_docker_host_comes_before_every_context(tmp_path: Path) -> None:
    use(context(tmp_path, "lab", "unix:///lab.sock"), "lab")
    environment = {"DOCKER_HOST": "unix:///mine.sock", "DOCKER_CONTEXT": "lab"}
    assert address(environment, tmp_path) == Address("unix:///mine.sock", "DOCKER_HOST")


def test_an_empty_docker_host_is_none(tmp_path: Path) -> None:
    assert address({"DOCKER_HOST": ""}, tmp_path).source == "the default socket"


def test_the_configured_context_is_used(tmp_path: Path) -> None:
    use(context(tmp_path, "rootless", "unix:///run/user/1000/docker.sock"), "rootless")
    assert address({}, tmp_path) == Address("unix:///run/user/1000/docker.sock", "the Docker context rootless")


def test_docker_context_comes_before_the_configured_one(tmp_path: Path) -> None:
    use(context(tmp_path, "one", "unix:///one.sock"), "one")
    context(tmp_path, "two", "unix:///two.sock")
    assert address({"DOCKER_CONTEXT": "two"}, tmp_path).url == "unix:///two.sock"


def test_the_context_default_is_the_default_socket(tmp_path: Path) -> None:
    use(tmp_path, "default")
    assert address({}, tmp_path).ours


def test_a_configuration_folder_of_ones_own_is_honoured(tmp_path: Path) -> None:
    use(context(tmp_path, "lab", "tcp://127.0.0.1:2375"), "lab")
    assert address({"DOCKER_CONFIG": str(tmp_path / ".docker")}, Path("/nowhere")).url == "tcp://127.0.0.1:2375"


def test_a_context_that_is_gone_is_a_problem_that_names_it(tmp_path: Path) -> None:
    use(tmp_path, "gone")
    with pytest.raises(Problem, match="'gone' names no engine"):
        address({}, tmp_path)


def test_a_configuration_that_is_no_json_is_a_problem(tmp_path: Path) -> None:
    use(tmp_path, "x")
    (tmp_path / ".docker" / "config.json").write_text("{,}")
    with pytest.raises(Problem, match="cannot be read"):
        address({}, tmp_path)


def test_certificates_are_used_where_docker_would_use_them(tmp_path: Path) -> None:
    environment = {"DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}
    assert address(environment, tmp_path).certificates == Path("/certs")


def test_an_engine_on_another_machine_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be used"):
        ask(address({"DOCKER_HOST": "ssh://root@elsewhere.example"}, tmp_path))


def test_a_socket_that_nobody_serves_is_no_engine(tmp_path: Path) -> None:
    assert ask(Address(f"unix://{tmp_path}/none.sock", "a test")) is None
