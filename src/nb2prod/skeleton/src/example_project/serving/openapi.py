"""The service described as OpenAPI: the fields of a row as training saw them, and an example that works."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from example_project.schema import Column
from example_project.serving.contract import Contract

JSON = "application/json"
_OBJECT = {"type": "object"}
_ERROR = {"$ref": "#/components/schemas/Error"}


def described(contract: Contract, *, version: str, example: dict[str, Any] | None) -> dict[str, Any]:
    """The OpenAPI document; `example` is a row that was predicted when the service started."""
    paths = {
        "/predict": {"post": _predict(contract, example)},
        "/healthz": {"get": got("The service is alive", _OBJECT, secret=False)},
        "/readyz": {"get": got("The model is loaded and has predicted", _OBJECT, 503, secret=False)},
        "/version": {"get": got("Which model answers, and what it was made with", _OBJECT)},
        "/metrics": {"get": got("Counts for Prometheus", {"type": "string"}, kind="text/plain")},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "example_project", "version": version},
        "paths": paths,
        "components": {"schemas": {"Row": _row(contract), "Answers": _answers(), "Error": _error()}},
    }


def secured(document: dict[str, Any]) -> dict[str, Any]:
    """The document of a service that asks for a token, but where a method says that it does not."""
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for methods in document["paths"].values():
        for method in methods.values():
            if "security" not in method:
                method["security"] = [{"token": []}]
                method["responses"]["401"] = answer("The token is missing or wrong", _ERROR)
    return document


def got(what: str, schema: dict[str, Any], *others: int, kind: str = JSON, secret: bool = True) -> dict[str, Any]:
    """A GET without parameters."""
    return {
        "summary": what,
        "responses": {"200": answer(what, schema, kind), **errors(*others)},
        **({} if secret else {"security": []}),
    }


def answer(what: str, schema: dict[str, Any], kind: str = JSON) -> dict[str, Any]:
    """A response."""
    return {"description": what, "content": {kind: {"schema": schema}}}


def errors(*statuses: int) -> dict[str, Any]:
    """The responses that say what is wrong."""
    return {str(status): answer(_MEANS[status], _ERROR) for status in statuses}


_MEANS = {
    408: "The body did not arrive in time",
    413: "The body is too large",
    422: "The rows cannot be predicted; `problems` says which field of which row, and why",
    500: "The service has failed",
    503: "Too much at once, or not ready: try again after `Retry-After` seconds",
}


def _predict(contract: Contract, example: dict[str, Any] | None) -> dict[str, Any]:
    row = {"$ref": "#/components/schemas/Row"}
    many = {"type": "array", "items": row, "maxItems": contract.most_rows}
    one_or_many = [
        {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}
        for name, schema in (("row", row), ("rows", many))
    ]
    content: dict[str, Any] = {"schema": {"oneOf": one_or_many}}
    if example is not None:
        content["examples"] = {"one": {"value": {"row": example}}, "many": {"value": {"rows": [example, example]}}}
    return {
        "summary": "Predict one row or many",
        "requestBody": {"required": True, "content": {JSON: content}},
        "responses": {
            "200": answer("One answer for each row, in order", {"$ref": "#/components/schemas/Answers"}),
            **errors(408, 413, 422, 500, 503),
        },
    }


def _row(contract: Contract) -> dict[str, Any]:
    """Other fields may be there; they have no influence."""
    properties = {field.key: _field(field.column) for field in contract.fields}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _answers() -> dict[str, Any]:
    one = {
        "type": "object",
        "properties": {"prediction": {"description": "null where a value that the prediction needs is missing"}},
        "required": ["prediction"],
    }
    return {
        "type": "object",
        "properties": {"version": {"type": "string"}, "answers": {"type": "array", "items": one}},
        "required": ["version", "answers"],
    }


def _error() -> dict[str, Any]:
    problem = {
        "type": "object",
        "properties": {
            "row": {"type": ["integer", "null"], "description": "from 0"},
            "field": {"type": ["string", "null"]},
            "reason": {"type": "string"},
        },
        "required": ["row", "field", "reason"],
    }
    return {
        "type": "object",
        "properties": {"error": {"type": "string"}, "problems": {"type": "array", "items": problem}},
        "required": ["error", "problems"],
    }


def _field(column: Column) -> dict[str, Any]:
    """What may be sent is in the schema; what training saw is in the description, since other values may come."""
    schema = _type(column)
    told = []
    if column.seen is not None and column.seen.minimum is not None:
        told.append(f"in training from {column.seen.minimum} to {column.seen.maximum}")
    if column.seen is not None and column.seen.values and "enum" not in schema:
        told.append(f"in training one of: {', '.join(map(str, column.seen.values))}")
    if "null" in schema.get("type", ()):
        told.append("null where it is not known" if column.nullable else "never missing in training")
    return {**schema, **({"description": "; ".join(told)} if told else {})}


def _type(column: Column) -> dict[str, Any]:
    """As `contract` checks it."""
    if column.categories is not None:
        return {"enum": [*column.categories.values, None]}
    if column.text:
        return {"type": ["string", "null"]}
    try:
        dtype: Any = pd.api.types.pandas_dtype(column.dtype)
    except TypeError:
        return {"type": ["string", "number", "boolean", "null"]}
    if pd.api.types.is_bool_dtype(dtype):
        return {"type": "boolean"} if column.dtype == "bool" else {"type": ["boolean", "null"]}
    if pd.api.types.is_integer_dtype(dtype):
        limits = np.iinfo(dtype if isinstance(dtype, np.dtype) else dtype.numpy_dtype)
        return {"type": ["integer", "null"], "minimum": int(limits.min), "maximum": int(limits.max)}
    if pd.api.types.is_float_dtype(dtype):
        return {"type": ["number", "null"]}
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return {"type": ["string", "null"], "format": "date-time" if getattr(dtype, "tz", None) else "date"}
    return {"type": ["string", "number", "boolean", "null"]}
