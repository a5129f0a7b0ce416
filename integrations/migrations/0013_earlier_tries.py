import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0012_lost_ledgers_and_known_states")]

    operations = [
        migrations.AddField(
            model_name="importrun",
            name="planned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="EarlierTry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("sent_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("status_code", models.PositiveSmallIntegerField(null=True)),
                ("note", models.CharField(blank=True, max_length=255)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="earlier_tries",
                        to="integrations.importbatch",
                    ),
                ),
            ],
            options={
                "ordering": ["batch", "-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "number"), name="one_row_per_earlier_try"
                    )
                ],
            },
        ),
    ]
