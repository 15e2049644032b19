"""The metrics, by Prometheus' conventions: base units, and totals that only grow.

Labels have few values: models that are in no catalog are `other`.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

CALL_SECONDS_BUCKETS = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300)
PARTIAL_SECONDS_BUCKETS = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 120)
"""Seconds that images and first previews of OpenAI's models usually take, and well beyond."""


class PrometheusMetrics:
    """All metrics, in a registry of their own. docs/observability.md explains each."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._jobs()
        self._times()
        self._money()
        self._cache()
        self._renditions()
        self._create_series()
        self.refused = self._counter(
            "http_refused",
            "Web requests that met no route: refused at the door, or unknown.",
            "status_code",
        )

    def _jobs(self) -> None:
        self.jobs = self._counter(
            "jobs",
            "Jobs that ended; outcome is painted, cached or the code of the error.",
            "action",
            "model",
            "outcome",
        )
        self.joined = self._counter(
            "jobs_joined",
            "Requests that shared the running job of an equal one.",
            "action",
            "model",
        )
        self.running = Gauge(
            "gpt_image_jobs_running", "Jobs at work that wait for no place.", registry=self.registry
        )
        self.queued = Gauge(
            "gpt_image_jobs_queued",
            "Jobs that wait for one of MAX_CONCURRENT_CALLS places.",
            registry=self.registry,
        )

    def _times(self) -> None:
        self.first_partial = Histogram(
            "gpt_image_first_partial_seconds",
            "From the start of a job to its first preview.",
            ("model",),
            registry=self.registry,
            buckets=PARTIAL_SECONDS_BUCKETS,
        )
        self.provider = Histogram(
            "gpt_image_provider_seconds",
            "From sending a request to the provider to the end of its job, painted or failed.",
            ("action", "model", "outcome"),
            registry=self.registry,
            buckets=CALL_SECONDS_BUCKETS,
        )

    def _money(self) -> None:
        self.images = self._counter(
            "pictures", "Pictures that the provider painted.", "action", "model"
        )
        self.tokens = self._counter(
            "tokens",
            "Tokens that the provider counted; kind is text_in, image_in or out.",
            "model",
            "kind",
        )
        self.cost = self._counter("cost_usd", "US dollars that painted jobs cost.", "model")
        self.unknown_cost = self._counter(
            "cost_unknown",
            "Calls that cost or may have cost money, nobody knows how much.",
            "model",
        )

    def _cache(self) -> None:
        self.saved = self._counter(
            "cache_saved_usd",
            "US dollars that answers from the cache, and joined jobs, had cost once.",
            "tier",
        )
        self.hits = self._counter("cache_hits", "Jobs that the cache answered.", "tier")
        self.misses = self._counter(
            "cache_misses", "Jobs that asked the cache in vain and went on to the provider."
        )
        self.cache_failures = self._counter(
            "cache_failures",
            "Times that the cache failed a job (scope cache), or one tier did (scope tier).",
            "scope",
        )

    def _renditions(self) -> None:
        self.renditions = self._counter("renditions", "Renditions made, not just fetched.")
        self.rendition_failures = self._counter(
            "rendition_failures", "Renditions that could not be made; originals were delivered."
        )
        self.saved_bytes = self._counter(
            "rendition_saved_bytes", "Bytes that renditions are smaller than their originals."
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
