"""The emitted manifests: valid for the schemas of Kubernetes, restricted, and consistent with each other."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from nb2prod.project import build, write
from tests.example_conversion import PACKAGE, conversion, notebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSIONS = ("1.31", kubernetes_validate.latest_version())
KINDS = {
    "CronJob",
    "Deployment",
    "HorizontalPodAutoscaler",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "Service",
    "ServiceAccount",
}
OVERLAYS = ("production", "staging")


def emitted(folder: Path, package: str = PACKAGE) -> Path:
    given = replace(conversion(folder), package=package)
    write(build(given, notebook(folder), optional=("service", "operate", "k8s")), folder / "out")
    return folder / "out" / "k8s"


@pytest.fixture(scope="module")
def k8s(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emitted(tmp_path_factory.mktemp("k8s"))


def built(folder: Path) -> Iterator[dict[str, Any]]:
    """What `kustomize build` gives, as far as these files use it: resources, namespace, JSON patches."""
    custom = yaml.safe_load((folder / "kustomization.yaml").read_text())
    resources: list[dict[str, Any]] = []
    for name in custom["resources"]:
        below = folder / name
        resources += built(below) if below.is_dir() else yaml.safe_load_all(below.read_text())
    for patch in custom.get("patches", ()):
        aimed = [each for each in resources if target(each) == patch["target"]]
        assert len(aimed) == 1, patch
        for step in yaml.safe_load(patch["patch"]):
            *parents, last = step["path"].strip("/").split("/")
            place = reduce(lambda value, key: value[key], parents, aimed[0])
            assert (step["op"] == "replace") == (last in place), step
            place[last] = step["value"]
    for each in resources:
        if each["kind"] != "Namespace" and "namespace" in custom:
            each["metadata"]["namespace"] = custom["namespace"]
    yield from resources


def target(resource: dict[str, Any]) -> dict[str, str]:
    return {"kind": resource["kind"], "name": resource["metadata"]["name"]}


def named(k8s: Path, kind: str) -> dict[str, Any]:
    return next(each for each in built(k8s / "base") if each["kind"] == kind)


def pods(k8s: Path) -> dict[str, dict[str, Any]]:
    job = named(k8s, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]
    return {"service": named(k8s, "Deployment")["spec"]["template"], "retrain": job}


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", ["base", *(f"overlays/{name}" for name in OVERLAYS)])
def test_every_resource_is_valid(k8s: Path, place: str, version: str) -> None:
    resources = list(built(k8s / place))
    assert {each["kind"] for each in resources} - {"Namespace"} == KINDS
    for each in resources:
        kubernetes_validate.validate(each, version, strict=True)


def test_a_mistake_would_be_found(k8s: Path) -> None:
    wrong = named(k8s, "Deployment")
    wrong["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("name", ["service", "retrain"])
def test_pods_satisfy_the_restricted_standard(k8s: Path, name: str) -> None:
    pod = pods(k8s)[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] != 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert all(volume.keys() & {"emptyDir", "persistentVolumeClaim"} for volume in pod["volumes"])
    for container in containers(pod):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
        mounted = {volume["name"] for volume in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_namespaces_enforce_it(k8s: Path) -> None:
    for name in OVERLAYS:
        space = next(each for each in built(k8s / "overlays" / name) if each["kind"] == "Namespace")
        assert space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
        custom = yaml.safe_load((k8s / "overlays" / name / "kustomization.yaml").read_text())
        assert custom["namespace"] == space["metadata"]["name"]


def test_every_selector_finds_the_services_pods(k8s: Path) -> None:
    labels = pods(k8s)["service"]["metadata"]["labels"]
    selectors = [
        named(k8s, "Deployment")["spec"]["selector"]["matchLabels"],
        named(k8s, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        named(k8s, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        named(k8s, "Service")["spec"]["selector"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    job = pods(k8s)["retrain"]["metadata"]["labels"]
    assert not named(k8s, "Service")["spec"]["selector"].items() <= job.items()
    assert target(named(k8s, "Deployment")) == {
        key: named(k8s, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"][key] for key in ("kind", "name")
    }


def test_probes_ask_what_the_service_answers(k8s: Path) -> None:
    container = pods(k8s)["service"]["spec"]["containers"][0]
    service = (k8s.parent / "src" / PACKAGE / "service.py").read_text()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        path = container[probe]["httpGet"]["path"]
        assert f'"{path}"' in service
        assert container[probe]["httpGet"]["port"] == container["ports"][0]["name"]
    assert named(k8s, "Service")["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]
    assert container["args"][:1] == ["serve"]
    assert container["args"][-1] == str(container["ports"][0]["containerPort"])
    user = pods(k8s)["service"]["spec"]["securityContext"]["runAsUser"]
    assert f"USER {user}:" in (k8s.parent / "Dockerfile").read_text()


def test_images_are_named_where_their_tags_are_set(k8s: Path) -> None:
    images = {container["image"] for pod in pods(k8s).values() for container in containers(pod["spec"])}
    for name in OVERLAYS:
        custom = yaml.safe_load((k8s / "overlays" / name / "kustomization.yaml").read_text())
        assert {each["name"] for each in custom["images"]} == images


def test_the_job_retrains_beside_the_deployed_champion(k8s: Path, tmp_path: Path) -> None:
    """Its first container's script, as a shell runs it: volume and image are folders here."""
    job = pods(k8s)["retrain"]["spec"]
    (first,) = job["initContainers"]
    assert first["image"] == named(k8s, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert job["containers"][0]["args"][0] == "retrain"
    assert '"retrain": "operate.retrain"' in (k8s.parent / "src" / PACKAGE / "__main__.py").read_text()
    image, volume, told = tmp_path / "image", tmp_path / "models", tmp_path / "told"
    for version, champion in (("one", "one"), ("two", "two")):
        (image / version).mkdir(parents=True)
        (image / "aliases").write_text(f"champion={champion}\n")
        volume.mkdir(exist_ok=True)
        script = first["args"][0].replace("/app/models", str(image)).replace("python", f"echo >> {told}")
        subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True)  # noqa: S603, S607 - the manifest's own
    assert sorted(path.name for path in volume.iterdir()) == ["aliases", "one", "two"]
    assert told.read_text() == f"-m {PACKAGE} models promote two\n", "the first champion came with the aliases"


def test_a_long_name_is_shortened(tmp_path: Path) -> None:
    long = emitted(tmp_path, "a_very_long_name_of_a_notebook_about_the_shipments_of_2019_2")
    names = [each["metadata"]["name"] for each in built(long / "overlays" / "production")]
    assert all(len(name) <= 52 and not name.endswith("-") for name in names)
    for each in built(long / "overlays" / "staging"):
        kubernetes_validate.validate(each, VERSIONS[-1], strict=True)


def test_a_canary_takes_the_deployment_over_and_is_judged_by_the_services_own_counts(k8s: Path) -> None:
    found = {each["kind"]: each for each in built(k8s / "overlays" / "canary")}
    rollout, template = found["Rollout"], found["AnalysisTemplate"]
    workload = rollout["spec"]["workloadRef"]
    assert {key: workload[key] for key in ("kind", "name")} == target(found["Deployment"])
    scaled = found["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert scaled == {"apiVersion": rollout["apiVersion"], **target(rollout)}
    analyses = [step["analysis"] for step in rollout["spec"]["strategy"]["canary"]["steps"] if "analysis" in step]
    given = {each["name"] for each in template["spec"]["args"] if "value" not in each}
    for each in analyses:
        assert [one["templateName"] for one in each["templates"]] == [template["metadata"]["name"]]
        assert {one["name"] for one in each["args"]} == given
    counts = (k8s.parent / "src" / PACKAGE / "serving" / "counts.py").read_text()
    for metric in template["spec"]["metrics"]:
        query = metric["provider"]["prometheus"]["query"]
        assert all(f"args.{name}" in query for name in given) or "args.latest" in query
        assert query.count("(") == query.count(")")
    assert all(f'"{name}"' in counts for name in ("requests", "request_seconds"))
    for each in found.values():
        if "argoproj" not in each["apiVersion"]:
            kubernetes_validate.validate(each, VERSIONS[-1], strict=True)
