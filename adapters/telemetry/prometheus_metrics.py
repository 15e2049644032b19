"""The metrics. They follow Prometheus' conventions: base units, and totals that only grow.

Labels have few values: providers are those that are set up, and the label of every model that is
in no catalog is `other`.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

CALL_SECONDS_BUCKETS = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300)
PARTIAL_SECONDS_BUCKETS = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 120)
"""Seconds: the usual times of OpenAI's images and first previews, and much longer ones."""


class PrometheusMetrics:
    """All metrics, in a registry of their own. docs/observability.md explains each."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._jobs()
        self._times()
        self._money()
        self._cache()
        self._renditions()
        self.days_until_shutdown = Gauge(
            "gpt_image_model_days_until_shutdown",
            "Days until the known date of the model's shutdown; negative after it.",
            ("provider", "model"),
            registry=self.registry,
        )
        self._create_series()
        self.refused = self._counter(
            "http_refused",
            "HTTP requests that reached no route: rejected, or to an unknown path.",
            "status_code",
        )

    def _jobs(self) -> None:
        self.jobs = self._counter(
            "jobs",
            "Jobs that ended; outcome is painted, cached or an error code.",
            "action",
            "provider",
            "model",
            "outcome",
        )
        self.joined = self._counter(
            "jobs_joined",
            "Requests that joined the running job of an equal request.",
            "action",
            "provider",
            "model",
        )
        self.running = Gauge(
            "gpt_image_jobs_running",
            "Jobs that are running and not queued.",
            registry=self.registry,
        )
        self.queued = Gauge(
            "gpt_image_jobs_queued",
            "Jobs that wait for one of MAX_CONCURRENT_CALLS slots.",
            registry=self.registry,
        )

    def _times(self) -> None:
        self.first_partial = Histogram(
            "gpt_image_first_partial_seconds",
            "Time from the start of a job to its first preview.",
            ("provider", "model"),
            registry=self.registry,
            buckets=PARTIAL_SECONDS_BUCKETS,
        )
        self.provider = Histogram(
            "gpt_image_provider_seconds",
            "Time from sending a request to the provider to the end of its job, failed or not.",
            ("action", "provider", "model", "outcome"),
            registry=self.registry,
            buckets=CALL_SECONDS_BUCKETS,
        )

    def _money(self) -> None:
        self.images = self._counter(
            "pictures", "Images that the provider generated.", "action", "provider", "model"
        )
        self.tokens = self._counter(
            "tokens",
            "Tokens that the provider counted; kind is text_in, image_in, out, mainline_in or "
            "mainline_out.",
            "provider",
            "model",
            "kind",
        )
        self.cost = self._counter(
            "cost_usd", "Cost of calls in US dollars, where it is known.", "provider", "model"
        )
        self.unknown_cost = self._counter(
            "cost_unknown",
            "Calls that were or may have been billed, and whose cost is unknown.",
            "provider",
            "model",
        )

    def _cache(self) -> None:
        self.saved = self._counter(
            "cache_saved_usd",
            "US dollars saved by results from the cache and by joined jobs.",
            "tier",
        )
        self.hits = self._counter("cache_hits", "Jobs served from the cache.", "tier")
        self.misses = self._counter(
            "cache_misses", "Jobs that were not in the cache and went on to the provider."
        )
        self.cache_failures = self._counter(
            "cache_failures",
            "Failures of the cache as a whole (scope cache) or of one tier (scope tier).",
            "scope",
        )

    def _renditions(self) -> None:
        self.renditions = self._counter(
            "renditions", "Renditions that were made; reused ones are not counted."
        )
        self.rendition_failures = self._counter(
            "rendition_failures", "Renditions that failed; the originals were delivered instead."
        )
        self.saved_bytes = self._counter(
            "rendition_saved_bytes", "Bytes that renditions saved compared to their originals."
        )

    def _create_series(self) -> None:
        """Create these series at 0, so that the first hit or failure shows as an increase."""
        for tier in ("memory", "disk"):
            self.hits.labels(tier)
            self.saved.labels(tier)
        self.saved.labels("joined")
        for scope in ("cache", "tier"):
            self.cache_failures.labels(scope)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"gpt_image_{name}", meaning, labels, registry=self.registry)
