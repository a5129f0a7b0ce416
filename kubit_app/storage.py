"""Static files: hashed names, compressed once, ES module imports rewritten too."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # One pass for each level that modules import each other; five would be the default.
    max_post_process_passes = 20
