"""What tests say to a sandbox, and how they play a vector."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

PARTNER_KEY = "sandbox-partner-key-us"
SECRET = "sandbox-data-import-key-A"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return str(self.json["message"])


class Driver:
    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def close(self) -> None:
        self._connection.close()

    def another(self) -> Driver:
        return Driver(self.port)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        data = body.encode() if isinstance(body, str) else body
        self._connection.request(method, path, data, headers or {})
        response = self._connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers=headers)

    def control(self, method: str, name: str, data: Any = None) -> Answer:
        return self.send(method, f"/_sandbox/{name}", json.dumps(data))

    def state(self) -> Any:
        return self.get("/_sandbox/state").json

    def members(self, cohort_id: str = "c1") -> list[str]:
        members: list[str] = self.state()["cohorts"][cohort_id]["members"]
        return members

    def log(self, since: int = 0) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.get(f"/_sandbox/requests?since={since}").json
        return entries

    def fault(self, **fault: Any) -> None:
        assert self.control("POST", "faults", [fault]).status == 200

    def post(self, endpoint: str, partner: str = "kubit", **fields: Any) -> Answer:
        data = {"partner_api_key": PARTNER_KEY, "client_secret": SECRET, "cohort_id": "c1"}
        body = json.dumps({**data, **fields})
        return self.send("POST", f"/partners/{partner}/{endpoint}", body, JSON)

    def name(
        self, name: Any = "Whales", created_at: Any = "2024-05-01T09:30:00Z", **f: Any
    ) -> Answer:
        return self.post("cohorts", name=name, created_at=created_at, **f)

    def change(self, changes: Any, **fields: Any) -> Answer:
        return self.post("cohorts/users", cohort_changes=changes, **fields)

    def add(self, *ids: str) -> Answer:
        return self.change([{"user_ids": list(ids)}])

    def remove(self, *ids: str) -> Answer:
        return self.change([{"user_ids": list(ids), "should_remove": True}])


def play(driver: Driver, vector: dict[str, Any], fixture: dict[str, Any]) -> None:
    """Put the start state and the fault, send the request, compare the answer and the state."""
    given, expect = vector["given"], vector["expect"]
    start = {**fixture, "cohorts": given.get("cohorts", {})}
    assert driver.control("PUT", "fixture", start).status == 200
    if "fault" in given:
        assert driver.control("POST", "faults", [given["fault"]]).status == 200
    request = vector["request"]
    answer = driver.send(vector["method"], vector["path"], _body(request), request["headers"])
    assert answer.status in (expect["status"], *expect.get("status_also_allowed", []))
    _compare_body(answer, expect)
    for name, value in expect.get("headers", {}).items():
        assert answer.headers[name] == value
    effects, state = expect.get("effects", {}), driver.state()
    if "cohorts" in effects:
        assert state["cohorts"] == effects["cohorts"]
    if "sandbox_warnings" in effects:
        assert state["warnings"] == effects["sandbox_warnings"]


def _body(request: dict[str, Any]) -> str | None:
    if "raw" in request:
        return str(request["raw"])
    if "json" not in request:
        return None
    data = json.loads(json.dumps(request["json"]))
    if "generate" in request:
        rule = request["generate"]
        *path, last = rule["set"].split(".")
        target = data
        for step in path:
            target = target[int(step) if step.isdigit() else step]
        ids = [f"{number}-".ljust(rule["item_bytes"], "x") for number in range(rule["count"])]
        target[last] = ids
    return json.dumps(data, ensure_ascii=False)


def _compare_body(answer: Answer, expect: dict[str, Any]) -> None:
    if "body_match" not in expect:
        return
    wanted = expect["body"]
    if expect["body_match"] == "exact":
        assert answer.json == wanted
    elif expect["body_match"] == "subset":
        assert {key: answer.json.get(key) for key in wanted} == wanted
    else:
        assert _plain(wanted["message"]) in _plain(answer.message)


def _plain(text: str) -> str:
    return text.replace("`", "").casefold()
