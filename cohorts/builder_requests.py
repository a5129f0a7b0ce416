"""Reading what the builder sends, and answering it in JSON, errors included."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from cohorts.models import Dataset
from cohorts.retelling import retell
from cohorts.warehouse.errors import WarehouseError

# A definition of 200 conditions with long lists of values stays far below this.
BODY_LIMIT = 1_000_000

_STATUS_OF = {"timeout": 504, "memory": 503, "canceled": 409, "source": 503, "query": 500}

Door = Callable[..., HttpResponse]


class RequestRefused(Exception):
    """`message` is for people; `extra` goes beside it into the answer."""

    def __init__(self, message: str, status: int = 400, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.extra = extra


def answers_json(view: Door) -> Door:
    """Whatever a door of the builder refuses is answered as `{"message": …}`."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except RequestRefused as refused:
            return JsonResponse({"message": refused.message} | refused.extra, status=refused.status)
        except WarehouseError as error:
            body = {"message": retell(str(error)), "kind": error.kind}
            return JsonResponse(body, status=_STATUS_OF[error.kind])

    return door


def read_body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body, without values that no database or engine could hold."""
    if int(request.headers.get("Content-Length") or 0) > BODY_LIMIT:
        raise RequestRefused(_("The definition is too large: more than 1 MB."), 413)
    try:
        data = json.loads(request.body, parse_constant=_refuse_constant)
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise RequestRefused(_("The request is not readable JSON.")) from None
    if not isinstance(data, dict):
        raise RequestRefused(_("The request must be a JSON object."))
    return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def get_dataset(name: object) -> Dataset:
    dataset = Dataset.objects.filter(name=name).first() if isinstance(name, str) else None
    if dataset is None:
        raise RequestRefused(_("There is no schema of this name."), 404)
    return dataset


def read_text(data: dict[str, Any], key: str, *, limit: int) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or "\0" in value:
        raise RequestRefused(_("“%s” must be a text.") % key, field=key)
    if len(value) > limit:
        message = _("“%(key)s” is too long: at most %(limit)d characters.")
        raise RequestRefused(message % {"key": key, "limit": limit}, 422, field=key)
    return value.strip()


def read_texts(data: dict[str, Any], key: str) -> list[str]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise RequestRefused(_("“%s” must be a list of texts.") % key, field=key)
    return value


def read_whole(data: dict[str, Any], key: str) -> int | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise RequestRefused(_("“%s” must be a whole number.") % key)
    return value
