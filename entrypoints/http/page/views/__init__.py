"""The views of the page, one module each, in the order of the navigation.

A view is a `VIEW` in a module of its own, and a template with its name.
"""

from entrypoints.http.page.views import (
    cache_view,
    create,
    jobs_view,
    log_view,
    models_view,
    settings_view,
    usage_view,
    wall,
)

VIEWS = (
    create.VIEW,
    wall.VIEW,
    jobs_view.VIEW,
    usage_view.VIEW,
    models_view.VIEW,
    cache_view.VIEW,
    settings_view.VIEW,
    log_view.VIEW,
)
