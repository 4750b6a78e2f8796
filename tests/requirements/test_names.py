from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name

from nb2prod.requirements import names


@pytest.mark.parametrize(
    ("dotted", "distribution"),
    [
        ("cv2", "opencv-python"),
        ("skimage.io.imread", "scikit-image"),
        ("sklearn.linear_model", "scikit-learn"),
        ("imblearn.over_sampling", "imbalanced-learn"),
        ("umap", "umap-learn"),
        ("docx", "python-docx"),
        ("fitz", "pymupdf"),
        ("attr", "attrs"),
        ("pywt", "pywavelets"),
        ("PIL.Image", "pillow"),
        ("yaml", "pyyaml"),
        ("bs4", "beautifulsoup4"),
        ("dateutil.parser", "python-dateutil"),
        ("Crypto.Cipher", "pycryptodome"),
        ("serial", "pyserial"),
        ("usb.core", "pyusb"),
        ("OpenSSL", "pyopenssl"),
        ("MySQLdb", "mysqlclient"),
        ("psycopg2", "psycopg2-binary"),
        ("mysql.connector", "mysql-connector-python"),
        ("category_encoders", "category-encoders"),
        ("surprise", "scikit-surprise"),
        ("pandas_profiling", "pandas-profiling"),
        ("plotly.express", "plotly"),
        ("chart_studio.plotly", "chart-studio"),
        ("mpl_toolkits.mplot3d.Axes3D", "matplotlib"),
        ("mpl_toolkits.basemap", "basemap"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google.cloud.bigquery_storage_v1", "google-cloud-bigquery-storage"),
        ("google.cloud.secretmanager", "google-cloud-secret-manager"),
        ("google.protobuf.text_format", "protobuf"),
        ("google.oauth2.service_account", "google-auth"),
        ("googleapiclient.discovery", "google-api-python-client"),
        ("azure.storage.blob.BlobServiceClient", "azure-storage-blob"),
        ("azure.storage.filedatalake", "azure-storage-file-datalake"),
        ("azure.ai.ml.MLClient", "azure-ai-ml"),
        ("azure.cognitiveservices.vision.computervision.models", "azure-cognitiveservices-vision-computervision"),
        ("azureml.core.Workspace", "azureml-core"),
        ("ruamel.yaml", "ruamel-yaml"),
        ("art.attacks", "adversarial-robustness-toolbox"),
        ("jwt", "pyjwt"),
        ("talib", "ta-lib"),
        ("speech_recognition", "speechrecognition"),
        ("kafka", "kafka-python"),
        ("osgeo.gdal", "gdal"),
        ("Bio.SeqIO", "biopython"),
        ("IPython.display", "ipython"),
        ("pkg_resources", "setuptools"),
    ],
)
def test_tricky_names(dotted: str, distribution: str) -> None:
    known = names.look_up(dotted)
    assert known is not None
    assert known.kind == "curated"
    assert known.distributions[0] == distribution


@pytest.mark.parametrize("dotted", ["google", "google.cloud", "azure", "snowflake", "readability", "twitter"])
def test_a_shared_name_alone_is_not_decided(dotted: str) -> None:
    known = names.look_up(dotted)
    assert known is not None
    assert known.kind == "ambiguous"


@pytest.mark.parametrize("dotted", ["google.colab.drive", "kaggle_secrets", "dbutils"])
def test_hosted_modules_are_no_distributions(dotted: str) -> None:
    known = names.look_up(dotted)
    assert known is not None
    assert known.kind == "hosted"


def test_nobody_knows_everything() -> None:
    assert names.look_up("a_module_nobody_has_heard_of") is None


def test_the_curated_map_is_large_and_normalised() -> None:
    tables = names._tables()  # noqa: SLF001 - the table itself is under test
    assert len(tables["same"]) + len(tables["names"]) >= 250
    listed = [one for each in tables["names"].values() for one in ([each] if isinstance(each, str) else each)]
    listed += [pattern.replace("*", "x") for pattern in tables["namespaces"].values()]
    listed += [name for name in (*tables["renamed"].values(), *tables["conda"].values()) if name]
    assert [name for name in listed if name != canonicalize_name(name)] == []


def test_no_name_stands_in_two_tables_that_contradict_each_other() -> None:
    tables = names._tables()  # noqa: SLF001 - as above
    known = tables["same"] | set(tables["names"])
    assert known & tables["foreign"] == set()
    assert known & tables["authors"] == set()
    assert known & set(tables["ambiguous"]) == set()
    assert tables["same"] & set(tables["names"]) == set()


def test_install_lines_use_other_names() -> None:
    assert names.on_registry("sklearn") == "scikit-learn"
    assert names.on_registry("Scikit_Learn") == "scikit-learn"
    assert names.on_registry("pytorch", conda=True) == "torch"
    assert names.on_registry("cudatoolkit", conda=True) == ""


def test_pipreqs_is_read_as_a_file_when_it_is_there(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("site")
    (folder / "pipreqs").mkdir()
    (folder / "pipreqs" / "__init__.py").write_text("raise SystemExit('pipreqs ran')")
    (folder / "pipreqs" / "mapping").write_text("zzz:ZZZ_client\nzzz:zzz.other\n")
    monkeypatch.syspath_prepend(str(folder))
    names.pipreqs.cache_clear()
    try:
        assert names.pipreqs()["zzz"] == ("zzz-client", "zzz-other")
    finally:
        names.pipreqs.cache_clear()
