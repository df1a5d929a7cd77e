"""deploy/kubernetes renders, Kubernetes' own schemas accept it, and it says what the code says."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from cli.health import Part
from cli.main import app
from cli.secret_files import SECRETS
from cli.settings import CliSettings
from proto.jobs import Lane
from tests.kubernetes.manifests import (
    FOLDER,
    ROOT,
    SECRET_FILES,
    Manifests,
    container,
    environment,
    example,
    is_ours,
    pod_labels,
    render,
)
from tests.unit.test_cli import ALL_SETTINGS
from tests.unit.test_ops import checked, parsed

pytestmark = pytest.mark.kubernetes

#: The oldest Kubernetes that has all of what is used, and the newest whose schemas are there.
VERSIONS = ("1.30", "1.37")
CUSTOM = {"ScaledObject": "keda.sh/v1alpha1", "PodMonitor": "monitoring.coreos.com/v1"}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SETTINGS = {name.upper() for settings in ALL_SETTINGS for name in settings.model_fields}

OVERLAYS = ("demo", "example", "operators", "least")


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Manifests:
    """The demo; the example as it is; with all that clusters with operators have; with nothing but a bucket."""
    components = {"operators": ("valkey", "keda", "monitors", "bucket"), "least": ("bucket",)}
    if request.param == "demo":
        return render(FOLDER / "demo")
    return example(tmp_path_factory.mktemp(request.param), components.get(request.param, ()))


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Manifests:
    return example(tmp_path_factory.mktemp("operators"), ("valkey", "keda", "monitors"))


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_accepts_each_object(manifests: Manifests, version: str) -> None:
    for each in manifests.objects:
        if each["kind"] in CUSTOM:
            assert each["apiVersion"] == CUSTOM[each["kind"]]
        else:
            assert kubernetes_validate.validate(each, version, strict=True) == version


def test_a_slip_is_noticed(manifests: Manifests) -> None:
    deployment = manifests.workloads["warp2api-api"]
    slip = deployment | {"spec": deployment["spec"] | {"replica": 2}}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(slip, VERSIONS[-1], strict=True)


def test_every_process_runs_as_compose_runs_it(manifests: Manifests) -> None:
    commands = sorted(container(each)["args"] for each in manifests.ours.values())
    composed = sorted(
        service["command"]
        for name, service in COMPOSE.items()
        if name != "simulator" and "WARP_API_KEY_FILE" in service.get("environment", {})
    )

    assert commands == composed
    assert {command[0] for command in commands} <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert {command[1] for command in commands if command[0] == "worker"} == set(Lane)


def test_the_images_are_ours_and_those_of_compose(manifests: Manifests) -> None:
    images = {container(each)["image"] for each in manifests.workloads.values() if not is_ours(each)}
    ours = {container(each)["image"] for each in manifests.workloads.values() if is_ours(each)}

    assert {f"${{VALKEY_IMAGE:-{image}}}" for image in images} <= {COMPOSE["valkey"]["image"]}
    assert ours <= {"warp2api:demo", "registry.example.com/warp2api:1"}


def test_variables_are_settings_and_secrets_come_from_files_that_are_there(manifests: Manifests) -> None:
    [secret] = manifests.of("Secret")
    held = set(secret["data"])
    assert held == set(SECRET_FILES)
    for workload in manifests.ours.values():
        [mount] = [each for each in container(workload)["volumeMounts"] if each["name"] == "secrets"]
        [volume] = [each for each in workload["spec"]["template"]["spec"]["volumes"] if each["name"] == "secrets"]
        assert volume["secret"]["secretName"] == secret["metadata"]["name"]
        for name, value in environment(manifests, workload):
            if name.removesuffix("_FILE") in SECRETS:
                assert name.endswith("_FILE"), f"{name} would be readable by whoever may read ConfigMaps"
                assert value.removeprefix(f"{mount['mountPath']}/") in held
            else:
                assert name in SETTINGS


def test_each_listens_where_its_probes_and_services_ask(manifests: Manifests) -> None:
    listens = {
        "api": ("HOST", "PORT"),
        "bridge": ("BRIDGE_HOST", "BRIDGE_PORT"),
        "flower": ("FLOWER_HOST", "FLOWER_PORT"),
    }
    for workload in manifests.ours.values():
        spec = container(workload)
        host, port = listens.get(spec["args"][0], ("METRICS_HOST", "METRICS_PORT"))
        variables = dict(environment(manifests, workload))
        assert variables[host] == "0.0.0.0"
        assert [each["containerPort"] for each in spec["ports"]] == [int(variables[port])]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if "exec" in spec.get(probe, {}):
                assert spec[probe]["exec"]["command"] == ["warp2api", "health", Part(spec["args"][0])]
            elif probe in spec:
                assert spec[probe]["httpGet"]["port"] == spec["ports"][0]["name"]
                path = "/healthcheck" if spec["args"][0] == "flower" else "/healthz"
                assert spec[probe]["httpGet"]["path"] == path, "what `warp2api health` asks for"
        assert {"startupProbe", "livenessProbe"} <= set(spec)


def test_services_lead_to_one_workload_each_at_the_port_it_has(manifests: Manifests) -> None:
    for service in manifests.of("Service"):
        [name] = manifests.selected({"matchLabels": service["spec"]["selector"]})
        [port] = service["spec"]["ports"]
        assert name == service["metadata"]["name"]
        assert [(port["targetPort"], port["port"])] == [
            (each["name"], each["containerPort"]) for each in container(manifests.workloads[name])["ports"]
        ]
    settings = manifests.named("ConfigMap", next(iter(manifests.of("ConfigMap")))["metadata"]["name"])["data"]
    assert settings["BRIDGE_BASE_URL"] == "http://warp2api-bridge:8000"


def test_selectors_select_what_is_there(manifests: Manifests) -> None:
    for budget in manifests.of("PodDisruptionBudget"):
        assert manifests.selected(budget["spec"]["selector"]) == [budget["metadata"]["name"]]
    for workload in manifests.workloads.values():
        assert manifests.selected(workload["spec"]["selector"]) == [workload["metadata"]["name"]]
        for spread in workload["spec"]["template"]["spec"].get("topologySpreadConstraints", []):
            assert manifests.selected(spread["labelSelector"]) == [workload["metadata"]["name"]]
    for policy in manifests.of("NetworkPolicy"):
        assert manifests.selected(policy["spec"]["podSelector"])


def test_scalers_scale_what_has_no_number_of_its_own_and_only_one_each(manifests: Manifests) -> None:
    scaled = [
        each["spec"]["scaleTargetRef"]["name"] for each in manifests.of("HorizontalPodAutoscaler", "ScaledObject")
    ]
    unnumbered = {name for name, each in manifests.ours.items() if "replicas" not in each["spec"]}

    assert len(set(scaled)) == len(scaled)
    assert set(scaled) <= unnumbered
    assert unnumbered == {"warp2api-api", "warp2api-worker", "warp2api-worker-batch"}


def test_pods_end_in_order_and_may_do_no_more_than_they_must(manifests: Manifests) -> None:
    drain = CliSettings(_env_file=None).drain_timeout
    for name, workload in manifests.workloads.items():
        pod, spec = workload["spec"]["template"]["spec"], container(workload)
        if name in manifests.ours:
            pause = spec.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            assert pod["terminationGracePeriodSeconds"] >= drain + pause + 10
            assert (pause > 0) == (name == "warp2api-api")
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= set(spec["resources"]["requests"])
        assert "memory" in spec["resources"]["limits"]


def test_front_doors_and_keeper_share_a_volume_or_nobody_has_one(manifests: Manifests) -> None:
    claims = {each["metadata"]["name"] for each in manifests.of("PersistentVolumeClaim")}
    mounted: dict[str, str | None] = {}
    for name, workload in manifests.ours.items():
        for volume in workload["spec"]["template"]["spec"]["volumes"]:
            if volume["name"] == "files":
                mounted[name] = volume.get("persistentVolumeClaim", {}).get("claimName")

    assert set(mounted) == {"warp2api-api", "warp2api-keeper"}
    assert set(mounted.values()) == (claims or {None})


def test_the_valkey_there_is_keeps_what_it_has_as_that_of_compose(operators: Manifests) -> None:
    args = container(operators.workloads["warp2api-valkey"])["args"]
    composed = list(COMPOSE["valkey"]["command"])
    composed[composed.index("/run/secrets/valkey_conf")] = "/run/secrets/warp2api/valkey.conf"

    assert [each for each in args if each not in ("--dir", "/data")] == composed


def test_the_numbers_that_scale_workers_are_told(operators: Manifests) -> None:
    lanes = {"warp2api-worker": "interactive", "warp2api-worker-batch": "batch"}
    for scaled in operators.of("ScaledObject"):
        spec = scaled["spec"]
        assert set(spec) == {
            *("scaleTargetRef", "minReplicaCount", "maxReplicaCount", "pollingInterval", "advanced", "triggers"),
        }
        assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
        queries = [trigger["metadata"]["query"] for trigger in spec["triggers"]]
        assert f'warp2api_queue_oldest_seconds{{lane="{lanes[spec["scaleTargetRef"]["name"]]}"}}' in queries[0]
        for trigger in spec["triggers"]:
            assert set(trigger) <= {"type", "metricType", "metadata"}
            assert trigger["type"] == "prometheus"
            assert set(trigger["metadata"]) == {"serverAddress", "query", "threshold", "ignoreNullValues"}
            assert all(isinstance(value, str) for value in trigger["metadata"].values())
            assert float(trigger["metadata"]["threshold"]) > 0
            assert checked(parsed(trigger["metadata"]["query"])) == set(), "KEDA wants one number"
        _is_a_behavior(spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"])


def _is_a_behavior(behavior: dict[str, Any]) -> None:
    """KEDA hands it to an autoscaler of its making, so it must be one's."""
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "made-by-keda"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "any"},
            "maxReplicas": 2,
            "behavior": behavior,
        },
    }
    kubernetes_validate.validate(scaler, VERSIONS[-1], strict=True)


def test_prometheus_asks_every_process_under_the_name_that_the_alerts_know(operators: Manifests) -> None:
    jobs = {}
    for monitor in operators.of("PodMonitor"):
        [endpoint] = monitor["spec"]["podMetricsEndpoints"]
        assert set(endpoint) <= {"port", "authorization", "relabelings"}
        [relabel] = endpoint["relabelings"]
        asked = operators.selected(monitor["spec"]["selector"])
        assert asked
        assert all(container(operators.workloads[name])["ports"][0]["name"] == endpoint["port"] for name in asked)
        jobs[relabel["replacement"]] = asked

    assert jobs == {
        "warp2api-front-door": ["warp2api-api"],
        "warp2api-worker": ["warp2api-worker", "warp2api-worker-batch"],
        "warp2api-keeper": ["warp2api-keeper"],
    }
    scrapes = yaml.safe_load((ROOT / "docs/ops/prometheus.yml").read_text())["scrape_configs"]
    assert set(jobs) == {scrape["job_name"] for scrape in scrapes}
    credentials = operators.of("PodMonitor")[0]["spec"]["podMetricsEndpoints"][0]["authorization"]["credentials"]
    [secret] = operators.of("Secret")
    assert credentials == {"name": secret["metadata"]["name"], "key": "metrics_key"}


def test_pods_differ_in_what_they_are(manifests: Manifests) -> None:
    components = [pod_labels(each)["app.kubernetes.io/component"] for each in manifests.workloads.values()]

    assert len(set(components)) == len(components)


def test_the_example_names_no_secret_that_git_would_take() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()

    assert "/deploy/kubernetes/*/secrets/" in ignored
    assert not list(Path(FOLDER).glob("*/secrets/*"))
