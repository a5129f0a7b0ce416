"""Answers for htmx and for browsers without it: a part or the whole page."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme


class SignedInRequest(HttpRequest):
    """What views behind the access table get: nobody else comes that far."""

    user: User


def wants_part(request: HttpRequest) -> bool:
    """htmx asks for a part, except when it restores a page from history."""
    return request.headers.get("HX-Request-Type") == "partial"


def vary_by_part(response: HttpResponse) -> HttpResponse:
    """For URLs that answer with the whole page or with a part of it."""
    patch_vary_headers(response, ["HX-Request-Type"])
    return response


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def stay(request: HttpRequest, fallback: str) -> HttpResponse:
    """Show the visitor's page anew; without htmx the fallback."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(fallback)


def go_back(request: HttpRequest) -> HttpResponse:
    """To the page of ours that the form names in `next` or that it stands on."""
    for url in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if url_has_allowed_host_and_scheme(
            url, {request.get_host()}, require_https=request.is_secure()
        ):
            return redirect(url)
    return redirect(reverse("home"))
