"""The sandbox's own pages: addresses and what each shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from integrations.sandbox.api import PartnerApi
from integrations.sandbox.control import Control
from integrations.sandbox.fault_form import CHOICES, ENDPOINTS, read_choice
from integrations.sandbox.fixture import WORKSPACE_STATES
from integrations.sandbox.listings import (
    PAGE,
    by_filter,
    describe_request,
    find_cohort,
    list_arrays,
    list_cohorts,
    page_of,
    write_csv,
)
from integrations.sandbox.messages import Request, Response, error_response, redirect
from integrations.sandbox.profiles import write_member
from integrations.sandbox.rendering import mask, render, write_time
from integrations.sandbox.segments import (
    EXCLUDES,
    INCLUDES,
    Segments,
    group_rows,
    list_members,
    read_rows,
)

View = Callable[..., Response]


class Pages:
    def __init__(self, api: PartnerApi, control: Control) -> None:
        self._api = api
        self._control = control
        self._routes: list[tuple[str, str, View]] = [
            ("GET", r"/", self.segment),
            ("GET", r"/cohorts", self.cohorts),
            ("GET", r"/cohorts/(\d{1,15})", self.cohort),
            ("GET", r"/cohorts/(\d{1,15})/members\.csv", self.csv),
            ("GET", r"/requests", self.requests),
            ("GET", r"/requests/(\d{1,15})", self.request),
            ("GET", r"/faults", self.faults),
            ("POST", r"/faults", self.post_fault),
            ("GET", r"/profiles", self.profiles),
            ("GET", r"/partner", self.partner),
            ("POST", r"/partner", self.post_partner),
            ("POST", r"/reset", self.post_reset),
        ]

    def handle(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        for known, pattern, view in self._routes:
            match = re.fullmatch(pattern, request.path)
            if match and known == method:
                return view(request, *match.groups())
        if method != "GET":
            return error_response(404, "Not Found")
        return self._missing(request)

    def _missing(self, request: Request) -> Response:
        return render(request, "missing.html", {}, status=404)

    # -- segment ----------------------------------------------------------------

    def segment(self, request: Request) -> Response:
        query = request.query
        rows, after = read_rows(query), request.text("after")
        groups = group_rows(rows)
        with self._api.store.reading() as db:
            segments = Segments(db, listed=self._api.fixture.users is not None)
            cohorts = list_cohorts(db)
            labels = {each["pk"]: each["label"] for each in cohorts}
            total, everyone = segments.count(groups), segments.count_everyone()
            found = segments.members(groups, after, PAGE + 1)
            lookup = self._look_up(segments, groups, labels, request.text("lookup"))
        context = {
            "section": "segment",
            "rows": rows,
            "operators": (INCLUDES, EXCLUDES),
            "cohorts": cohorts,
            "filters": by_filter(cohorts),
            "total": total,
            "share": f"{100 * total / everyone:.1f}%" if total is not None and everyone else "",
            "title": _title(groups, labels),
            "lookup": lookup,
            **page_of(found, "/", query),
        }
        return render(request, "segment.html", context)

    def _look_up(
        self, segments: Segments, groups: Any, labels: dict[int, str], profile: str
    ) -> dict[str, Any] | None:
        if not profile:
            return None
        inside = segments.cohorts_of(profile)
        unmet = [
            " OR ".join(f"{row.operator} {labels.get(row.cohort or 0, '?')}" for row in group)
            for group in segments.unmet(groups, profile)
        ]
        times = [row["time"] for row in inside if row["time"] is not None]
        return {
            "profile": profile,
            "known": segments.knows(profile),
            "filtered": bool(groups),
            "unmet": unmet,
            "cohorts": [row["name"] or row["id"] for row in inside if row["attribute"] is None],
            "arrays": list_arrays(inside),
            "changed": write_time(max(times)) if times else "",
        }

    # -- cohorts ------------------------------------------------------------------

    def cohorts(self, request: Request) -> Response:
        search = request.text("q")
        with self._api.store.reading() as db:
            found = list_cohorts(db, search)
        context = {"section": "cohorts", "cohorts": found, "search": search}
        return render(request, "cohorts.html", context)

    def cohort(self, request: Request, pk: str) -> Response:
        with self._api.store.reading() as db:
            cohort = find_cohort(db, pk)
            if cohort is None:
                return self._missing(request)
            rows = list_members(db, cohort["pk"], request.text("after"), PAGE + 1)
            query = "SELECT * FROM requests WHERE cohort = ? ORDER BY number DESC LIMIT 10"
            recent = [describe_request(row) for row in db.execute(query, (cohort["id"],))]
        address = f"/cohorts/{cohort['pk']}"
        context = {"section": "cohorts", "cohort": cohort, "requests": recent}
        page = page_of(rows, address, request.query)
        return render(request, "cohort.html", {**context, **page})

    def csv(self, request: Request, pk: str) -> Response:
        with self._api.store.reading() as db:
            cohort = find_cohort(db, pk)
        if cohort is None:
            return self._missing(request)
        headers = {
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": f'attachment; filename="members-{cohort["pk"]}.csv"',
        }
        return Response(200, write_csv(self._api.store, cohort["pk"]), headers)

    # -- requests -----------------------------------------------------------------

    def requests(self, request: Request) -> Response:
        before, only = request.number("before", 10**15), request.text("only")
        conditions = {
            "refused": "(status IS NULL OR status >= 400)",
            "warned": "warnings <> '[]'",
        }
        condition = conditions.get(only, "1")
        with self._api.store.reading() as db:
            query = (
                f"SELECT * FROM requests WHERE number < ? AND {condition}"  # noqa: S608 - as above
                " ORDER BY number DESC LIMIT ?"
            )
            found = [describe_request(row) for row in db.execute(query, (before, PAGE + 1))]
            total = db.execute("SELECT count(*) FROM requests").fetchone()[0]
        more = found[PAGE - 1]["number"] if len(found) > PAGE else None
        context = {
            "section": "requests",
            "requests": found[:PAGE],
            "more": more,
            "only": only if only in conditions else "",
            "total": total,
            "later": "before" in request.query,
        }
        return render(request, "requests.html", context)

    def request(self, request: Request, number: str) -> Response:
        with self._api.store.reading() as db:
            query = "SELECT * FROM requests WHERE number = ?"
            row = db.execute(query, (int(number),)).fetchone()
            if row is None:
                return self._missing(request)
            known = "SELECT pk FROM cohorts WHERE workspace = ? AND id = ?"
            cohort = db.execute(known, (row["workspace"], row["cohort"])).fetchone()
        entry = describe_request(row)
        context = {"section": "requests", "entry": entry, "cohort": cohort and cohort["pk"]}
        return render(request, "request.html", context)

    # -- faults, reset ------------------------------------------------------------

    def faults(self, request: Request) -> Response:
        context = {
            "section": "faults",
            "faults": self._api.faults.in_force(),
            "choices": [(key, label) for key, (label, _fault) in CHOICES.items()],
            "endpoints": ENDPOINTS,
        }
        return render(request, "faults.html", context)

    def post_fault(self, request: Request) -> Response:
        if "clear" in request.form:
            self._api.faults.clear()
        else:
            fault = read_choice(request.form)
            if fault is not None:
                self._api.faults.add(fault)
        return redirect("/faults")

    def post_reset(self, request: Request) -> Response:
        if request.form.get("sure") == ["yes"]:
            self._control.replace(self._api.store.fixture_data())
        return redirect("/")

    # -- profiles, partner ----------------------------------------------------------

    def profiles(self, request: Request) -> Response:
        users, start = self._api.fixture.users, request.number("from", 0)
        shown = (users or ())[start : start + PAGE]
        with self._api.store.reading() as db:
            arrays = [
                list_arrays(Segments(db, listed=True).cohorts_of(write_member(user)))
                for user in shown
            ]
        found = [
            {
                "arrays": held,
                "member": write_member(user),
                "external_id": user.external_id or "",
                "device_ids": user.device_ids,
                "aliases": [f"{label}: {name}" for label, name in user.aliases],
            }
            for user, held in zip(shown, arrays, strict=True)
        ]
        context = {
            "section": "profiles",
            "listed": users is not None,
            "profiles": found,
            "total": len(users or ()),
            "next": start + PAGE if start + PAGE < len(users or ()) else None,
        }
        return render(request, "profiles.html", context)

    def partner(self, request: Request) -> Response:
        fixture = self._api.fixture
        workspaces = [
            {
                "number": number,
                "name": each.name,
                "key": mask(each.client_secret),
                "rest_key": mask(each.rest_key) if each.rest_key else "",
                "state": each.state,
            }
            for number, each in enumerate(fixture.workspaces)
        ]
        context = {
            "section": "partner",
            "cluster": fixture.cluster,
            "partner_name": fixture.partner_name,
            "partner_key": mask(fixture.partner_key or ""),
            "workspaces": workspaces,
            "states": WORKSPACE_STATES,
            "rules": {name: str(value).lower() for name, value in vars(fixture.rules).items()},
        }
        return render(request, "partner.html", context)

    def post_partner(self, request: Request) -> Response:
        number, state = request.form.get("workspace", [""])[0], request.form.get("state", [""])[0]
        if number.isascii() and number.isdigit() and len(number) < 6:
            self._api.switch(int(number), state)
        return redirect("/partner")


def _title(groups: list[Any], labels: dict[int, str]) -> str:
    if len(groups) == 1 and len(groups[0]) == 1 and groups[0][0].operator == INCLUDES:
        return _("Members of %(cohort)s") % {"cohort": labels.get(groups[0][0].cohort, "?")}
    return _("People in this segment")
