from __future__ import annotations

from typing import Any

from django.db import migrations, models


def let_go(apps: Any, schema_editor: Any) -> None:
    """Held and ended runs may have kept a lease that meant nothing any more."""
    runs = apps.get_model("integrations", "ImportRun").objects
    runs.exclude(lease_until=None).exclude(state__in=["queued", "computing", "sending"]).update(
        lease_until=None
    )


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0014_profile_notify"),
    ]

    operations = [
        migrations.RunPython(let_go, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lease_until", None),
                    ("state__in", ["queued", "computing", "sending"]),
                    _connector="OR",
                ),
                name="only_workable_runs_are_leased",
            ),
        ),
    ]
