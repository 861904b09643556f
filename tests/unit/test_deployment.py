"""The container files: pinned, unprivileged, watched over, without a secret in them, with settings that are valid."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from triage.rules_folder import read_rules
from triage.settings_file import load_settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
INSTRUCTIONS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in DOCKERFILE.splitlines()
    if line and not line.startswith("#")
]
# The last stage is what is run.
FINAL = INSTRUCTIONS[max(i for i, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]
SECRET_NAME = re.compile(r"password|secret|token|key", re.IGNORECASE)
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+[\w.-]*(?:@sha256:[0-9a-f]{64})?")


def final(word: str) -> list[str]:
    """What the final stage says with an instruction."""
    return [rest for name, rest in FINAL if name == word]


@pytest.mark.parametrize("image", [rest for word, rest in INSTRUCTIONS if word == "FROM"])
def test_the_image_is_built_on_a_pinned_version(image: str) -> None:
    """A version with its minor and patch number, never latest."""
    assert PINNED.fullmatch(image.split(maxsplit=1)[0])


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "image" in service])
def test_images_of_other_services_are_pinned(name: str) -> None:
    """So that the same file starts the same servers next year."""
    assert PINNED.fullmatch(SERVICES[name]["image"])


def test_dependencies_are_the_pinned_ones() -> None:
    """The image is installed under constraints.txt, in which every line pins one version."""
    assert any(word == "RUN" and "PIP_CONSTRAINT=constraints.txt" in rest for word, rest in INSTRUCTIONS)
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[\w.\[\]-]+==[\w.+!-]+", line.split(";")[0].strip())] == []


def test_the_service_runs_as_an_ordinary_user() -> None:
    """USER stands before what is run, and is neither root nor 0; its number is the one that owns the state folder."""
    user = final("USER")[-1]
    assert user not in {"root", "0"}
    uid = re.search(rf"useradd .*--uid (\d+).* {user}$", " ".join(final("RUN")))
    assert uid
    assert any(f"uid={uid[1]}," in mount for mount in SERVICES["triage"]["tmpfs"])
    words = [word for word, _ in FINAL]
    assert words.index("USER") < words.index("ENTRYPOINT")


def test_the_service_may_write_nowhere_else_and_gains_no_privilege() -> None:
    """Read-only root, no capability, no new privileges, settings mounted read-only, no port of its own."""
    service = SERVICES["triage"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(volume.endswith(":ro") for volume in service["volumes"])
    assert "ports" not in service
    assert "privileged" not in service


def test_everything_is_watched_over_and_started_again() -> None:
    """Each service has a health check (the image's own is `triage health`), and comes back after a failure."""
    assert final("HEALTHCHECK")[-1].endswith('CMD ["triage", "health"]')
    for name, service in SERVICES.items():
        assert name == "triage" or service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped"


def test_the_service_waits_for_servers_that_are_well() -> None:
    """It starts when every other one is healthy, and is given time to finish the batch in hand when it stops."""
    waits = {name: how["condition"] for name, how in SERVICES["triage"]["depends_on"].items()}
    assert waits == dict.fromkeys(SERVICES.keys() - {"triage"}, "service_healthy")
    assert SERVICES["triage"]["stop_grace_period"] == "30s"


def test_no_secret_stands_in_the_environment() -> None:
    """Neither compose file nor image sets a variable to a password: only to the file that holds it."""
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert not SECRET_NAME.search(name) or (name.endswith("_FILE") and value.startswith("/run/secrets/"))
    assert not SECRET_NAME.search(" ".join(final("ENV") + final("ARG")))


def test_secrets_are_mounted_and_each_has_its_file() -> None:
    """Every secret that a service asks for is declared, from a file of deploy/ that is there and not empty."""
    wanted = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert wanted == set(COMPOSE["secrets"])
    for secret in COMPOSE["secrets"].values():
        assert (ROOT / secret["file"]).read_text(encoding="utf-8").strip()


def test_other_servers_are_reached_from_this_machine_only() -> None:
    """Their passwords are for trying: each port is bound to loopback."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_is_mounted_and_copied_exists() -> None:
    """Each file of the repository that the compose file mounts or the image copies; named volumes are declared."""
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]
    for word, rest in INSTRUCTIONS:
        if word == "COPY" and not rest.startswith("--from"):
            assert [name for name in rest.split()[:-1] if not (ROOT / name).exists()] == []


def test_what_the_image_copies_is_not_ignored() -> None:
    """.dockerignore leaves out everything but a list, which holds all that the image copies."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "*"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        name
        for word, rest in INSTRUCTIONS
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert copied == let_in


def test_the_settings_of_the_containers_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    """They load, their rules hold for their office, and hosts, secrets and writable places are the compose file's."""
    for name in ("TRIAGE_CONFIG", "TRIAGE_RULES", "TRIAGE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings(ROOT / "deploy" / "triage.yaml")
    read_rules(settings)
    office = settings.offices[0]
    assert {office.imap.host, settings.smtp.host} <= set(SERVICES)
    assert "@postgres/" in settings.database.url
    references = {office.imap.secret, settings.database.password}
    assert references == {f"file:/run/secrets/{name}" for name in SERVICES["triage"]["secrets"]}
    assert str(settings.health.file.parent) in {mount.split(":")[0] for mount in SERVICES["triage"]["tmpfs"]}


def test_the_settings_are_where_the_image_looks_for_them() -> None:
    """TRIAGE_CONFIG of the image is the place that the compose file mounts the settings at."""
    place = re.search(r"TRIAGE_CONFIG=(\S+)", " ".join(final("ENV")))
    assert place
    assert f"./deploy/triage.yaml:{place[1]}:ro" in SERVICES["triage"]["volumes"]
