"""The sandbox's own pages."""

from __future__ import annotations

from integrations.sandbox.api import PartnerApi
from integrations.sandbox.control import Control
from integrations.sandbox.messages import Request, Response, error_response


class Pages:
    def __init__(self, api: PartnerApi, control: Control) -> None:
        self._api = api
        self._control = control

    def handle(self, request: Request) -> Response:
        return error_response(404, "Not Found")
