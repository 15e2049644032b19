"""The views of the page, one module each, in the order of the navigation.

A view is a `VIEW` in a module of its own and a template of the same name.
"""

from entrypoints.http.page.views import create, jobs, wall

VIEWS = (create.VIEW, wall.VIEW, jobs.VIEW)
