"""The objects that `kubectl apply -k` would send to a cluster."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
KUBECTL = Path(sys.executable).parent / "kubectl"
#: The files that the example's Secret is made of.
SECRET_FILES = ("redis_url", "valkey.conf", "warp_api_key", "api_tokens", "metrics_key", "flower_basic_auth")


class Manifests:
    """What one overlay renders to."""

    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self.objects = objects

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [each for each in self.objects if each["kind"] in kinds]

    def named(self, kind: str, name: str) -> dict[str, Any]:
        [found] = [each for each in self.of(kind) if each["metadata"]["name"] == name]
        return found

    @property
    def workloads(self) -> dict[str, dict[str, Any]]:
        return {each["metadata"]["name"]: each for each in self.of("Deployment", "StatefulSet")}

    @property
    def ours(self) -> dict[str, dict[str, Any]]:
        """The workloads that run a command of the image."""
        return {name: each for name, each in self.workloads.items() if "args" in container(each) and is_ours(each)}

    def selected(self, labels: dict[str, Any]) -> list[str]:
        """The workloads whose pods a label selector selects."""
        return [name for name, each in self.workloads.items() if matches(labels, pod_labels(each))]


def container(workload: dict[str, Any]) -> dict[str, Any]:
    [only] = workload["spec"]["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def is_ours(workload: dict[str, Any]) -> bool:
    return "warp2api" in container(workload)["image"]


def pod_labels(workload: dict[str, Any]) -> dict[str, str]:
    labels: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return labels


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """As Kubernetes reads a LabelSelector; of expressions `In` alone is used here."""
    expressions = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in expressions)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )


def render(folder: Path) -> Manifests:
    """By kubectl's own kustomize."""
    assert KUBECTL.exists(), "kubectl is not there: `make test-kubernetes` installs it"
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return Manifests(list(yaml.safe_load_all(done.stdout)))


def example(folder: Path, components: tuple[str, ...]) -> Manifests:
    """The example with other components than it begins with, and with secrets beside it."""
    shutil.copytree(FOLDER, folder / "kubernetes")
    overlay = folder / "kubernetes" / "example"
    kustomization = yaml.safe_load((overlay / "kustomization.yaml").read_text())
    if components:
        kustomization["components"] = [f"../components/{name}" for name in components]
        (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    (overlay / "secrets").mkdir()
    for name in SECRET_FILES:
        (overlay / "secrets" / name).write_text("planted\n")
    return render(overlay)


def environment(manifests: Manifests, workload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The variables of a workload's one container."""
    spec = container(workload)
    for source in spec.get("envFrom", []):
        yield from manifests.named("ConfigMap", source["configMapRef"]["name"])["data"].items()
    for each in spec.get("env", []):
        yield each["name"], each["value"]
